"""The stable words for everything that can be said about a list, each with its message: what is wrong, what to do.

Message ids are English with ``%(name)s`` placeholders; the app translates them when they are shown, so that one stored
result reads in the reader's language. Problems keep a row from being stored, warnings never do, and what is unreadable
stops the whole file.
"""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """Mark a message for extraction; this package knows no Django and translates nothing itself."""
    return message


# The whole file is unreadable.
EMPTY_FILE = "empty_file"
TOO_LARGE = "too_large"
UNPACKS_TOO_LARGE = "unpacks_too_large"
TOO_MANY_CELLS = "too_many_cells"
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
    EMPTY_FILE: gettext_noop("The file is empty. Choose the file that holds the list."),
    TOO_LARGE: gettext_noop("The file is larger than %(limit)s MB. Split the list into several files."),
    UNPACKS_TOO_LARGE: gettext_noop(
        "The file unpacks to more than %(limit)s MB. Copy the list into a new workbook and save it as .xlsx."
    ),
    TOO_MANY_CELLS: gettext_noop(
        "The workbook has more than %(limit)s cells or texts. Copy the list alone into a new workbook and save that."
    ),
    DAMAGED: gettext_noop("The file is damaged or cut off (%(reason)s). Open it in Excel and save it again as .xlsx."),
    ENCRYPTED: gettext_noop(
        "The file is encrypted or needs a password to open. Remove the password and save it again."
    ),
    UNSAFE_XML: gettext_noop(
        "The file declares entities of its own and is not read for safety. Save it again as .xlsx in Excel."
    ),
    NOT_A_TABLE: gettext_noop("The file is %(found)s, not a list in Excel or CSV. Save the list as .xlsx or .csv."),
    NO_HEADER: gettext_noop(
        "No header found: none of the first %(rows)s rows of a visible sheet holds %(columns)s. "
        "Put the column names into one row, as in the template."
    ),
    MISSING_COLUMN: gettext_noop("The required column %(columns)s is missing. Add it, as in the template."),
    COLUMN_TWICE: gettext_noop("The column %(column)s is there twice (%(places)s). Keep one of them."),
}

PROBLEMS: dict[str, str] = {
    MISSING_VALUE: gettext_noop("%(column)s is empty. Fill it in."),
    MALFORMED_PHONE: gettext_noop(
        "This is no mobile number: it has eleven digits, first 1, then 3 to 9. Correct it or leave the cell empty."
    ),
    MALFORMED_EMAIL: gettext_noop("This is no e-mail address. Correct it (name@example.cn) or leave the cell empty."),
    DIGITS_LOST: gettext_noop(
        "Excel has lost digits here (%(value)s). Format the cell as text and type all digits again from the source."
    ),
    DUPLICATE: gettext_noop(
        "The same %(columns)s as in row %(first)s. Keep one of the two rows, or correct %(columns)s."
    ),
    HIDDEN_ROW: gettext_noop("This row is hidden in the spreadsheet. Show it and check it, or delete it."),
    MERGED_CELL: gettext_noop(
        "This cell is merged with the one of row %(first)s. Unmerge the cells and fill in every row."
    ),
    ERROR_VALUE: gettext_noop("The cell shows an error (%(value)s). Replace it by its value."),
    DATE_VALUE: gettext_noop(
        "Excel has made a date of this cell (%(value)s). Format it as text and type the value again."
    ),
    FORMULA_WITHOUT_VALUE: gettext_noop(
        "The formula in this cell has no stored result. Open the file in Excel and save it, or enter the value itself."
    ),
    INCONSISTENT: gettext_noop("%(key)s %(value)s has another %(column)s in row %(first)s. Make the two the same."),
    TOO_LONG: gettext_noop("%(length)s characters; %(column)s may have %(limit)s at most. Shorten it."),
    CONTROL_CHARACTER: gettext_noop(
        "There is an invisible control character (%(character)s) in this cell. Type the value again."
    ),
    INVALID_BYTES: gettext_noop(
        "Part of this cell is unreadable: characters were damaged. Type the value again from the source."
    ),
    UNKNOWN_CHOICE: gettext_noop("“%(value)s” is not known as %(column)s. Use one of: %(choices)s."),
    UNCLOSED_QUOTE: gettext_noop(
        "A quotation mark opened here is never closed, so that all the rest was taken for one value. "
        "Close or remove the quotation mark."
    ),
}

WARNINGS: dict[str, str] = {
    IGNORED_COLUMN: gettext_noop("The column %(column)s is not part of the template and was ignored."),
    UNNAMED_COLUMN: gettext_noop(
        "Column %(column)s has values but no name in the header and was ignored (first in row %(first)s)."
    ),
    HIDDEN_COLUMN: gettext_noop("The column %(column)s is hidden in the spreadsheet; its values were read."),
    IGNORED_SHEET: gettext_noop("The sheet “%(sheet)s” was ignored: only the sheet “%(read)s” is read."),
    IGNORED_ROW: gettext_noop(
        "Row %(row)s has values only in columns that are not part of the template and was ignored."
    ),
    ROW_ABOVE_HEADER: gettext_noop("Row %(row)s stands above the header and was ignored."),
    REPEATED_HEADER: gettext_noop("Row %(row)s repeats the header and was skipped."),
    TOTAL_ROW: gettext_noop("Row %(row)s is a total and was skipped."),
    NOTE_ROW: gettext_noop("Row %(row)s is a note and was skipped."),
    BANNER_ROW: gettext_noop("Row %(row)s is a heading and was skipped."),
    FILLED_DOWN: gettext_noop("%(column)s in row %(row)s was filled in from the merged cell of row %(first)s."),
    MERGED_ACROSS: gettext_noop("%(column)s in row %(row)s is merged with the cell to its left and was read as empty."),
}

MESSAGES: dict[str, str] = {**UNREADABLE, **PROBLEMS, **WARNINGS}

# What a file turns out to be instead of a list: the value of %(found)s, translated on its own.
FOUND: dict[str, str] = {
    "html": gettext_noop("a web page (HTML)"),
    "xml": gettext_noop("an XML file"),
    "xml_spreadsheet": gettext_noop("an Excel 2003 XML spreadsheet"),
    "web_archive": gettext_noop("a web archive (MHTML)"),
    "image": gettext_noop("a picture"),
    "pdf": gettext_noop("a PDF document"),
    "rtf": gettext_noop("a rich text document"),
    "archive": gettext_noop("an archive"),
    "document": gettext_noop("a Word document"),
    "presentation": gettext_noop("a presentation"),
    "xlsb": gettext_noop("an Excel binary workbook (.xlsb)"),
    "ods": gettext_noop("an OpenDocument file"),
    "old_excel": gettext_noop("a workbook of a very old Excel"),
    "program": gettext_noop("a program"),
    "binary": gettext_noop("a file of an unknown kind"),
}

# Why a file counts as damaged: the value of %(reason)s, translated on its own.
REASONS: dict[str, str] = {
    "cut_off": gettext_noop("the end is missing"),
    "container": gettext_noop("its container does not hold together"),
    "content": gettext_noop("its content does not hold together"),
    "part_missing": gettext_noop("a part is missing"),
    "compression": gettext_noop("an unusual compression"),
    "quote": gettext_noop("a value without end, probably an unclosed quotation mark"),
}

# Parameters that are message ids themselves.
TRANSLATED_PARAMS = frozenset({"found", "reason"})
