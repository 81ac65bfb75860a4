from .ending import Ending, end_study
from .run import Outcome, run_study
from .study import Study, StudyModel, load_study, study_names

__all__ = ["Ending", "Outcome", "Study", "StudyModel", "end_study", "load_study", "run_study", "study_names"]
