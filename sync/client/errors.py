"""What can go wrong between a laptop and its centre, each with a sentence that says what to do.

Whatever it is, what was entered on the laptop stays there; most of these end by themselves with a later run.
"""

from __future__ import annotations

from app.errors import KnownError


class Offline(KnownError):
    """No answer at all: no network, a wrong address, or the centre is not running."""

    def __init__(self, server: str) -> None:
        super().__init__(
            "offline",
            f"连不上中心（{server}）。请检查网络是否接通、中心地址是否正确；内容都在本机，连上后会自动发送。",
        )


class NoNetwork(KnownError):
    """Signed in with an enrolment file: this laptop knows no address of a centre."""

    def __init__(self) -> None:
        super().__init__(
            "offline",
            "这台电脑是用登记文件登录的，没有中心地址。请在「同步」页的「U盘交换」里导出和导入；"
            "以后能连上中心时，先退出登录，再用账号和口令登录。",
        )


class Cut(KnownError):
    """The connection broke while something was under way. What arrived is kept, the rest follows."""

    def __init__(self) -> None:
        super().__init__(
            "offline", "和中心的连接中途断了。已收到和已发出的部分都已保存，稍后会从断开处接着同步。"
        )


class NoTrust(KnownError):
    """The centre's certificate is not trusted by this machine."""

    def __init__(self, server: str) -> None:
        super().__init__(
            "certificate",
            f"无法确认中心（{server}）的安全证书，没有发送任何内容。"
            "请检查地址和本机日期是否正确；仍不行请联系管理员安装单位的根证书。",
        )


class SignInNeeded(KnownError):
    def __init__(self) -> None:
        super().__init__("sign_in", "登录已失效，请重新登录。未发送的内容都在本机，登录后会接着发送。")


class WrongPassword(KnownError):
    def __init__(self, text: str = "") -> None:
        super().__init__(
            "wrong_password", text or "账号或口令不对。请检查大小写后重试；忘记口令请联系管理员重置。"
        )


class Revoked(KnownError):
    def __init__(self, text: str = "") -> None:
        super().__init__("revoked", text or "这台设备或这个账号已被停用，不能再同步。请联系管理员。")


class EpochChanged(KnownError):
    """The centre was restored from a backup. `epoch` is its new one, where it says so."""

    def __init__(self, epoch: str | None) -> None:
        super().__init__("epoch", "中心的数据是从备份恢复的，正在重新核对。本机内容不受影响，请再同步一次。")
        self.epoch = epoch


class TooLarge(KnownError):
    def __init__(self) -> None:
        super().__init__("too_large", "这一项内容太大，中心没有接收。内容仍在本机，请联系管理员。")


class TooOld(KnownError):
    def __init__(self) -> None:
        super().__init__(
            "too_old", "本机的驻企通版本太旧，中心不再接收。可以继续离线填写，请升级后再同步，内容不会丢。"
        )


class Later(KnownError):
    """The centre is busy, being maintained or older than this program, or an account is locked; `text` in its own
    words. `seconds` is how long it asks to be left alone, if it says so."""

    def __init__(self, seconds: float | None = None, text: str = "", code: str = "later") -> None:
        super().__init__(code, text or "中心现在忙或正在维护，稍后会自动再试。内容都在本机，不需要重新填写。")
        self.seconds = seconds


class ServerTrouble(KnownError):
    """The centre failed on a request: a bug of its own, or a broken proxy before it."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(
            "server_trouble", text or f"中心处理时出错（{status}），稍后会自动再试。内容都在本机。"
        )
        self.status = status


class Rejected(KnownError):
    """The centre understood and said no, for a reason of its own (`code` is the centre's)."""

    def __init__(self, code: str, text: str, status: int) -> None:
        super().__init__(code, text)
        self.status = status


class NotOurServer(KnownError):
    """Something answers at the address, but it is no centre of this program."""

    def __init__(self, server: str) -> None:
        super().__init__(
            "not_our_server",
            f"{server} 有回应，但不是驻企通中心。请核对中心地址和端口（可向管理员索取），没有发送任何口令。",
        )


class CaptivePortal(NotOurServer):
    """A network's sign-in page stands between: hotels, guest networks, some office gateways."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self.code = "captive_portal"
        self.text = (
            "当前网络要先登录才能上网（返回的是一个网页，不是驻企通中心）。"
            "请打开浏览器完成网络登录，再回来同步；如果没有登录页，请核对中心地址。"
        )
        self.args = (self.text,)
