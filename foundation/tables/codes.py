"""The stable words for everything that can be said about a list, each with its message: what is wrong, what to do.

Message ids are English with ``%(name)s`` placeholders; the app translates them when they are shown, so that one stored
result reads in the reader's language. Problems keep a row from being stored, warnings never do, and what is unreadable
stops the whole file.
"""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """Mark a message for extraction; this package knows no Django and translates nothing itself."""
    return message


_N = gettext_noop

# The whole file is unreadable.
EMPTY_FILE = "empty_file"
TOO_LARGE = "too_large"
UNPACKS_TOO_LARGE = "unpacks_too_large"
DAMAGED = "damaged"
ENCRYPTED = "encrypted"
UNSAFE_XML = "unsafe_xml"
NOT_A_TABLE = "not_a_table"
NO_HEADER = "no_header"
MISSING_COLUMN = "missing_column"
COLUMN_TWICE = "column_twice"

# A problem: its row is not stored until it is mended.
MISSING_VALUE = "missing_value"
MALFORMED_PHONE = "malformed_phone"
MALFORMED_EMAIL = "malformed_email"
DIGITS_LOST = "digits_lost"
DUPLICATE = "duplicate"
HIDDEN_ROW = "hidden_row"
MERGED_CELL = "merged_cell"
ERROR_VALUE = "error_value"
DATE_VALUE = "date_value"
FORMULA_WITHOUT_VALUE = "formula_without_value"
INCONSISTENT = "inconsistent"
TOO_LONG = "too_long"
CONTROL_CHARACTER = "control_character"
INVALID_BYTES = "invalid_bytes"
UNKNOWN_CHOICE = "unknown_choice"
UNCLOSED_QUOTE = "unclosed_quote"

# A warning: nothing is wrong, but something was left out or understood in a way worth knowing.
IGNORED_COLUMN = "ignored_column"
UNNAMED_COLUMN = "unnamed_column"
HIDDEN_COLUMN = "hidden_column"
IGNORED_SHEET = "ignored_sheet"
IGNORED_ROW = "ignored_row"
ROW_ABOVE_HEADER = "row_above_header"
REPEATED_HEADER = "repeated_header"
TOTAL_ROW = "total_row"
NOTE_ROW = "note_row"
BANNER_ROW = "banner_row"
FILLED_DOWN = "filled_down"
MERGED_ACROSS = "merged_across"

UNREADABLE: dict[str, str] = {
    EMPTY_FILE: _N("The file is empty. Choose the file that holds the list."),
    TOO_LARGE: _N("The file is larger than %(limit)s MB. Split the list into several files."),
    UNPACKS_TOO_LARGE: _N(
        "The file unpacks to more than the %(limit)s allowed. Copy the list into a new workbook and save it as .xlsx."
    ),
    DAMAGED: _N("The file is damaged or cut off (%(reason)s). Open it in Excel and save it again as .xlsx."),
    ENCRYPTED: _N("The file is encrypted or needs a password to open. Remove the password and save it again."),
    UNSAFE_XML: _N(
        "The file declares entities of its own and is not read for safety. Save it again as .xlsx in Excel."
    ),
    NOT_A_TABLE: _N("The file is %(found)s, not a list in Excel or CSV. Save the list as .xlsx or .csv."),
    NO_HEADER: _N(
        "No header found: none of the first %(rows)s rows of a visible sheet holds %(columns)s. "
        "Put the column names into one row, as in the template."
    ),
    MISSING_COLUMN: _N("The required column %(columns)s is missing. Add it, as in the template."),
    COLUMN_TWICE: _N("The column %(column)s is there twice (%(places)s). Keep one of them."),
}

PROBLEMS: dict[str, str] = {
    MISSING_VALUE: _N("%(column)s is empty. Fill it in."),
    MALFORMED_PHONE: _N(
        "This is no mobile number: it has eleven digits, first 1, then 3 to 9. Correct it or leave the cell empty."
    ),
    MALFORMED_EMAIL: _N("This is no e-mail address. Correct it (name@example.cn) or leave the cell empty."),
    DIGITS_LOST: _N(
        "Excel has lost digits here (%(value)s). Format the cell as text and type all digits again from the source."
    ),
    DUPLICATE: _N("The same %(columns)s as in row %(first)s. Keep one of the two rows, or correct %(columns)s."),
    HIDDEN_ROW: _N("This row is hidden in the spreadsheet. Show it and check it, or delete it."),
    MERGED_CELL: _N("This cell is merged with the one of row %(first)s. Unmerge the cells and fill in every row."),
    ERROR_VALUE: _N("The cell shows an error (%(value)s). Replace it by its value."),
    DATE_VALUE: _N("Excel has made a date of this cell (%(value)s). Format it as text and type the value again."),
    FORMULA_WITHOUT_VALUE: _N(
        "The formula in this cell has no stored result. Open the file in Excel and save it, or enter the value itself."
    ),
    INCONSISTENT: _N("%(key)s %(value)s has another %(column)s in row %(first)s. Make the two the same."),
    TOO_LONG: _N("%(length)s characters; %(column)s may have %(limit)s at most. Shorten it."),
    CONTROL_CHARACTER: _N(
        "There is an invisible control character (%(character)s) in this cell. Type the value again."
    ),
    INVALID_BYTES: _N(
        "Part of this cell is unreadable: characters were damaged. Type the value again from the source."
    ),
    UNKNOWN_CHOICE: _N("“%(value)s” is not known as %(column)s. Use one of: %(choices)s."),
    UNCLOSED_QUOTE: _N(
        "A quotation mark opened here is never closed, so that all the rest was taken for one value. "
        "Close or remove the quotation mark."
    ),
}

WARNINGS: dict[str, str] = {
    IGNORED_COLUMN: _N("The column %(column)s is not part of the template and was ignored."),
    UNNAMED_COLUMN: _N(
        "Column %(column)s has values but no name in the header and was ignored (first in row %(first)s)."
    ),
    HIDDEN_COLUMN: _N("The column %(column)s is hidden in the spreadsheet; its values were read."),
    IGNORED_SHEET: _N("The sheet “%(sheet)s” was ignored: only the sheet “%(read)s” is read."),
    IGNORED_ROW: _N("Row %(row)s has values only in columns that are not part of the template and was ignored."),
    ROW_ABOVE_HEADER: _N("Row %(row)s stands above the header and was ignored."),
    REPEATED_HEADER: _N("Row %(row)s repeats the header and was skipped."),
    TOTAL_ROW: _N("Row %(row)s is a total and was skipped."),
    NOTE_ROW: _N("Row %(row)s is a note and was skipped."),
    BANNER_ROW: _N("Row %(row)s is a heading and was skipped."),
    FILLED_DOWN: _N("%(column)s in row %(row)s was filled in from the merged cell of row %(first)s."),
    MERGED_ACROSS: _N("%(column)s in row %(row)s is merged with the cell to its left and was read as empty."),
}

MESSAGES: dict[str, str] = {**UNREADABLE, **PROBLEMS, **WARNINGS}

# What a file turns out to be instead of a list: the value of %(found)s, translated on its own.
FOUND: dict[str, str] = {
    "html": _N("a web page (HTML)"),
    "xml": _N("an XML file"),
    "xml_spreadsheet": _N("an Excel 2003 XML spreadsheet"),
    "web_archive": _N("a web archive (MHTML)"),
    "image": _N("a picture"),
    "pdf": _N("a PDF document"),
    "rtf": _N("a rich text document"),
    "archive": _N("an archive"),
    "document": _N("a Word document"),
    "presentation": _N("a presentation"),
    "xlsb": _N("an Excel binary workbook (.xlsb)"),
    "ods": _N("an OpenDocument file"),
    "old_excel": _N("a workbook of a very old Excel"),
    "program": _N("a program"),
    "binary": _N("a file of an unknown kind"),
}

# Why a file counts as damaged: the value of %(reason)s, translated on its own.
REASONS: dict[str, str] = {
    "cut_off": _N("the end is missing"),
    "container": _N("its container does not hold together"),
    "content": _N("its content does not hold together"),
    "part_missing": _N("a part is missing"),
    "compression": _N("an unusual compression"),
    "quote": _N("a value without end, probably an unclosed quotation mark"),
}

# Parameters that are message ids themselves.
TRANSLATED_PARAMS = frozenset({"found", "reason"})
