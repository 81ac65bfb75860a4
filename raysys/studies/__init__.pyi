from .ending import Ending, end_study
from .run import TrainedModel, run_study
from .study import Study, StudyModel, load_study, study_names

__all__ = ["Ending", "Study", "StudyModel", "TrainedModel", "end_study", "load_study", "run_study", "study_names"]
