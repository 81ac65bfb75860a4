"""Jobs: what takes longer than a request. They wait in a store, are worked at on the farm, and leave files.

Whoever asks gets a number at once; a job outlives the endpoint that took it, and becomes the same whoever goes on with
it. `store` says what is kept of a job, `work` what a kind of job is; a kind more is a file more in `kinds`.
"""
