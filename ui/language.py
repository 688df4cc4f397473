"""No English on screen: Qt's own words in Chinese, dates and figures as people here write them."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

DISPLAY_NAME = "驻企通"


def speak_chinese(app: QApplication) -> None:
    """Load Qt's Chinese translation and set the program's name. Once per application."""
    QLocale.setDefault(QLocale(QLocale.Language.Chinese, QLocale.Country.China))
    app.setApplicationName("zhuqitong")
    app.setApplicationDisplayName(DISPLAY_NAME)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    translator = QTranslator(app)
    if translator.load("qtbase_zh_CN", folder):
        app.installTranslator(translator)
