from .autoencoding.comparison import AutoencoderComparison
from .autoencoding.judge import autoencoders
from .methods.claim import Claim
from .methods.compare import compare_methods
from .methods.comparison import Comparison
from .methods.label_comparison import LabelComparison
from .methods.method import Method
from .methods.verdicts import Verdict
from .power.set_verdict import SetVerdict
from .rock.depth import DepthProfile, depth_profile
from .rock.judge import rocks
from .rock.scores import RockScores
from .texture.edits import EditScores, edit
from .texture.judge import textures
from .texture.scores import TextureScores

__all__ = [
    "AutoencoderComparison",
    "Claim",
    "Comparison",
    "DepthProfile",
    "EditScores",
    "LabelComparison",
    "Method",
    "RockScores",
    "SetVerdict",
    "TextureScores",
    "Verdict",
    "autoencoders",
    "compare_methods",
    "depth_profile",
    "edit",
    "rocks",
    "textures",
]
