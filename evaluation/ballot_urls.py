"""What evaluators meet: from the link in the letter to the thank-you page, and the public list of receipts."""

from django.urls import path

from evaluation.views import ballot, ballot_access, receipts

app_name = "ballot"
urlpatterns = [
    path("", ballot_access.code_entry, name="code-entry"),
    path("ballot/", ballot.intro, name="intro"),
    path("ballot/start/", ballot.start, name="start"),
    path("ballot/<int:number>/", ballot.page, name="page"),
    path("ballot/<int:number>/save/", ballot.draft_save, name="draft-save"),
    path("ballot/review/", ballot.review, name="review"),
    path("ballot/submit/", ballot.submit, name="submit"),
    path("ballot/receipt/", ballot.receipt, name="receipt"),
    path("ballot/replace/", ballot.replace, name="replace"),
    path("leave/", ballot_access.leave, name="leave"),
    path("receipts/", receipts.receipt_rounds, name="receipt-rounds"),
    path("receipts/<int:year>/", receipts.receipt_check, name="receipt-check"),
    path("receipts/<int:year>/receipts.txt", receipts.receipt_list, name="receipt-list"),
    # Last: whatever else stands here is a code, with or without a slash behind it.
    path("<str:code>", ballot_access.code_link, name="code-link"),
    path("<str:code>/", ballot_access.code_link),
]
