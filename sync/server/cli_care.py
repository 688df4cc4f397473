"""Looking after the centre: `verify`, `watch`, `backup`, `restore`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.command_line import FAILED, FINE
from sync.server.cli_parts import Opened, add_command, blobs_option, json_option, print_json
from sync.server.settings import ServerSettings


def add_commands(commands: Any) -> None:
    verify = add_command(commands, "verify", "核对全部数据，发现不一致就逐条列出", _verify)
    verify.add_argument(
        "--blobs",
        dest="every_byte",
        action="store_true",
        help="S3 里的附件也逐个取回核对内容（平时只核对有没有、大小对不对；文件夹里的总是核对内容）",
    )
    verify.add_argument(
        "--mend",
        action="store_true",
        help="先把缺少的、与来源不一致的投影补写好（升级到新版本以后用；不改任何人填的内容），再核对",
    )
    json_option(verify)

    json_option(
        add_command(commands, "watch", "现在就把到时间的诉求处理一遍（服务运行时每十分钟自动做）", _watch)
    )

    backup = add_command(commands, "backup", "把数据库和附件备份成一个文件，服务不用停", _backup)
    backup.add_argument("file", metavar="文件", type=Path, help="备份写到哪里；已有的文件不覆盖")
    backup.add_argument(
        "--with-blobs", action="store_true", help="把 S3 里的附件也取回放进备份（文件夹里的总在备份里）"
    )
    json_option(backup)

    restore = add_command(commands, "restore", "用备份恢复中心，各台电脑随后自动核对并补报", _restore)
    restore.add_argument("file", metavar="文件", type=Path, help="backup 做的备份文件")
    restore.add_argument("--force", action="store_true", help="替换这里已有的中心")
    blobs_option(restore)
    json_option(restore)


def _watch(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.watch import watch

    with Opened(settings) as center:
        done = watch(center.database, center.reference, center.now)
    if options.json:
        print_json({"done": dict(done)})
    elif done:
        words = "、".join(f"{WATCH_WORDS[name]} {count} 件" for name, count in sorted(done.items()))
        print(f"已处理：{words}。")
    else:
        print("没有到时间要处理的诉求。")
    return FINE


WATCH_WORDS = {
    "issue.auto_sign": "视为签收",
    "issue.retime": "重算期限",
    "issue.supervise": "督办",
    "issue.escalate": "提级",
    "issue.main_ended": "主案结果回写",
}


def _verify(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.mending import mend
    from sync.server.verify import verify

    with Opened(settings) as center:
        mended = mend(center.database, center.reference, center.now) if options.mend else None
        report = verify(center.database, center.settings, options.every_byte)
    if options.json:
        print_json({**report.to_json(), **({"mended": asdict(mended)} if mended else {})})
    else:
        if mended is not None:
            print(f"补写了投影 {mended.rows} 条、企业的包联人 {mended.enterprises} 家。")
        for problem in report.problems:
            print(f"{problem.code}：{problem.text}")
        print(
            f"核对了分区 {report.buckets} 个、记录 {report.documents} 条、成员 {report.members} 条、"
            f"投影 {report.projections} 条、附件文件 {report.files} 个："
            f"{'全部一致' if report.ok else f'有 {len(report.problems)} 处不一致'}。"
        )
    return FINE if report.ok else FAILED


def _backup(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.backup import backup

    with Opened(settings) as center:
        made = backup(center.database, center.settings, options.file, center.now, options.with_blobs)
    if options.json:
        print_json(made.to_json())
    else:
        print(
            f"已备份到 {options.file}：{made.rows} 行、附件文件 {made.files} 个，"
            f"{made.bytes / 1_000_000:.1f} MB。"
        )
        if made.files_outside:
            print(
                f"另有附件文件 {made.files_outside} 个在 {made.blobs}，不在这个备份里，名单是其中的 files.txt。"
                "请用对象存储自己的版本控制和异地复制保护它们，或者加 --with-blobs 一起备份。"
            )
        for sha256 in made.missing:
            print(f"附件文件 {sha256} 不见了或已损坏，不在备份里。请运行 zhuqitong-server verify 查看。")
    return FAILED if made.missing else FINE


def _restore(settings: ServerSettings, options: argparse.Namespace) -> int:
    from sync.server.restore import restore

    done = restore(settings, options.file, force=options.force)
    if options.json:
        print_json(asdict(done))
    else:
        print(
            f"已恢复 {done.park_name}（{done.park}）在 {done.made_at} 的备份：{done.rows} 行、附件文件 {done.files} 个。"
        )
        if done.missing:
            print(
                f"{done.blobs} 里缺附件文件 {done.missing} 个，请从副本复制过去，再运行 zhuqitong-server verify。"
            )
        print("各台电脑下次同步时会重新核对，把备份之后的内容补报上来。备份之后停用的设备要再停用一次。")
    return FINE
