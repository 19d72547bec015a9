"""Texts of the errors and warnings of `gridmap.scale`."""

TEXTS: dict[str, tuple[str, str]] = {
    "errors.extra_absent": ("这个命令需要 {extra} 部分的库", "this command needs the libraries of the extra {extra}"),
    "errors.extra_absent.hint": ("在项目文件夹运行 pip install -e .[{extra}]", "in the project's folder run pip install -e .[{extra}]"),
    "errors.far_apart": ("没有一个事件在网格的范围内", "no event lies within the extent of the grids"),
    "errors.far_apart.hint": (
        "核对两个文件的坐标系（--crs、--grids-crs）以及是否为同一地区",
        "check the coordinate systems (--crs, --grids-crs) and whether both files cover one area",
    ),
    "errors.no_processes": ("进程数须不小于 1", "the number of processes must be 1 or more"),
    "errors.no_processes.hint": ("省略 --workers 则每个处理器一个", "leave out --workers for one per processor"),
    "errors.workers_of_scheduler": ("--scheduler 与 --workers 不能同时使用", "--scheduler and --workers exclude each other"),
    "errors.workers_of_scheduler.hint": (
        "调度器的进程数由启动它的人决定；省略其中一个",
        "how many workers a scheduler has is settled where they are started: leave one of the two out",
    ),
    "errors.scheduler_address": (
        "调度器地址应写作 tcp://主机:端口 或 tls://主机:端口",
        "the address of a scheduler is tcp://host:port or tls://host:port",
    ),
    "errors.scheduler_address.hint": ("例如 --scheduler tls://10.0.0.5:8786", "for example --scheduler tls://10.0.0.5:8786"),
    "errors.no_folder": ("没有这个文件夹：{path}", "no such folder: {path}"),
    "errors.no_folder.hint": ("检查路径", "check the path"),
    "errors.folders_within": (
        "输入与输出文件夹相同，或一个在另一个之内",
        "the folders to read and to write are the same, or one lies in the other",
    ),
    "errors.folders_within.hint": ("换一个输出文件夹", "choose another folder to write"),
    "errors.folder_taken": (
        "{path} 是文件，或是装有其他内容的文件夹，不会写入",
        "{path} is a file, or a folder with other content, and is not written to",
    ),
    "errors.folder_taken.hint": ("给出新的或空的文件夹，或先前运行写出的文件夹", "give a new or empty folder, or that of an earlier run"),
    "errors.no_parquet": ("{path} 中没有 Parquet 文件", "{path} holds no Parquet files"),
    "errors.no_parquet.hint": (
        "只读 .parquet 和 .geoparquet；单个的其他格式文件请直接给出文件名",
        "only .parquet and .geoparquet are read from a folder; name a file of another format itself",
    ),
    "errors.passed_over": ("{path} 中有的文件或链接未读", "files or links to folders in {path} were passed over"),
    "errors.passed_over.hint": (
        "只读 .parquet 和 .geoparquet，不进入链接的文件夹",
        "only .parquet and .geoparquet are read, and no linked folders",
    ),
    "errors.garbled_file_names": ("文件名不是正确的文字", "names of files are no text"),
    "errors.garbled_file_names.hint": ("改名后再试", "rename them and try again"),
    "errors.without_source": (
        "{path} 中有的文件在输入文件夹中已没有来源",
        "files in {path} have no input any more",
    ),
    "errors.without_source.hint": (
        "读取该文件夹的程序也会计入它们；不需要就删除",
        "whoever reads the folder counts them too: delete them if they are not wanted",
    ),
    "errors.run_in_progress": ("另一个运行正在写 {path}", "another run is writing to {path}"),
    "errors.run_in_progress.hint": (
        "等它结束，或停止它（上面是主机名和进程号）后重新运行",
        "wait for it, or stop it (host and process id stand above) and run again",
    ),
    "errors.changed_meanwhile": ("读取期间 {path} 被改动", "{path} changed while it was read"),
    "errors.changed_meanwhile.hint": ("等它写完后重新运行", "run again when it has been written"),
    "errors.files_refused": (
        "{total} 个文件中有 {refused} 个未完成（{files}），其余都已完成；第一个：{reason}",
        "{refused} of {total} files could not be done ({files}), all others are; the first: {reason}",
    ),
    "errors.files_refused.hint": (
        "改正后重新运行同一命令，只做剩下的",
        "put them right and run the same command again: it does what is left",
    ),
    "errors.file_given_up": ("{path} 未完成：{reason}", "{path} was given up: {reason}"),
    "errors.file_given_up.hint": (
        "若处理它的进程总是退出，多半是内存不足：减少进程或换大内存的机器",
        "if its worker died every time, memory was short: take fewer workers, or machines with more of it",
    ),
    "errors.no_processes_started": ("无法启动工作进程", "worker processes could not be started"),
    "errors.no_processes_started.hint": (
        "检查内存，以及本机地址 127.0.0.1 是否可用",
        "check memory, and whether the machine's own address 127.0.0.1 may be used",
    ),
    "errors.no_scheduler": ("无法连接调度器", "the scheduler cannot be reached"),
    "errors.no_scheduler.hint": ("检查地址、证书，以及调度器是否在运行", "check the address, the certificates, and that it is running"),
    "errors.no_certificates": (
        "dask 的证书设置与调度器地址不符",
        "the certificates in dask's settings do not suit the scheduler's address",
    ),
    "errors.no_certificates.hint": (
        "tls:// 需要 distributed.comm.tls 中的证书；要求加密时不能用 tcp://，见 docs/scale.md",
        "tls:// needs those of distributed.comm.tls; where encryption is required tcp:// is refused; see docs/scale.md",
    ),
    "errors.no_workers": ("没有工作进程", "there is no worker"),
    "errors.no_workers.hint": (
        "在各台机器上启动 dask worker，再重新运行：已完成的文件不会重做",
        "start dask worker on the machines and run again: finished files are not done again",
    ),
    "errors.scheduler_lost": ("与调度器的连接中断", "the scheduler went away"),
    "errors.scheduler_lost.hint": (
        "启动它后重新运行同一命令：已完成的文件不会重做",
        "start it and run the same command again: finished files are not done again",
    ),
    "errors.worker_without_us": ("有工作进程不能运行 gridmap", "a worker cannot run gridmap"),
    "errors.worker_without_us.hint": ("在每台机器上装同一版本", "install the same version on every machine"),
    "errors.worker_version": ("工作进程的 gridmap 版本不同", "a worker has another version of gridmap"),
    "errors.worker_version.hint": ("在每台机器上装同一版本", "install the same version on every machine"),
    "errors.worker_sees_nothing": ("有工作进程看不到 {what}", "a worker does not see {what}"),
    "errors.worker_sees_nothing.hint": (
        "文件夹须在共享磁盘上，每台机器的路径相同",
        "the folders must lie on a shared disk, under the same path on every machine",
    ),
    "errors.folder_option": ("{option} 只用于单个事件文件，不用于文件夹", "{option} is for one file of events, not for a folder"),
    "errors.folder_option.hint": ("去掉它", "leave it out"),
    "errors.file_option": ("{option} 只用于事件文件夹", "{option} is for a folder of events"),
    "errors.file_option.hint": ("去掉它，或给出装有 Parquet 文件的文件夹", "leave it out, or give a folder of Parquet files"),
}
