"""Addresses of the staff pages of rounds."""

from django.urls import path
from django.urls.resolvers import URLPattern

from evaluation.views import (
    baselines,
    codes,
    configuration,
    counting,
    draw,
    drawn_list,
    nominations,
    replacements,
    representation,
    returns,
    rounds,
)

app_name = "evaluation"
urlpatterns: list[URLPattern] = [
    path("", rounds.round_list, name="round-list"),
    path("new/", rounds.round_create, name="round-create"),
    path("<int:year>/", rounds.round_detail, name="round-detail"),
    path("<int:year>/departments/", rounds.round_departments, name="round-departments"),
    path("<int:year>/baselines/", baselines.baseline_list, name="baseline-list"),
    path("<int:year>/baselines/<str:code>/", baselines.baseline_set_aside, name="baseline-set-aside"),
    path("<int:year>/configuration/<slug:section>/", configuration.section_edit, name="section-edit"),
    path("<int:year>/freeze/", draw.round_freeze, name="round-freeze"),
    path("<int:year>/draw/", draw.draw_detail, name="draw-detail"),
    path("<int:year>/draw/sheet/", draw.draw_sheet, name="draw-sheet"),
    path("<int:year>/draw/folder/", draw.draw_download, name="draw-download"),
    path("<int:year>/draw/verify/", draw.draw_verify, name="draw-verify"),
    path("<int:year>/drawn/", drawn_list.drawn_list, name="drawn-list"),
    path("<int:year>/drawn/file/", drawn_list.drawn_take, name="drawn-take"),
    path("<int:year>/representation/", representation.representation, name="representation"),
    path("<int:year>/representation/make/", representation.representation_make, name="representation-make"),
    path("<int:year>/representation/file/", representation.representation_export, name="representation-export"),
    path("<int:year>/nominations/", nominations.nominations, name="nominations"),
    path("<int:year>/nominations/limits/", nominations.limits, name="nomination-limits"),
    path("nominations/", nominations.register_nominations, name="register-nominations"),
    path("<int:year>/back/<slug:verb>/", rounds.round_back, name="round-back"),
    path("<int:year>/open/", rounds.round_open, name="round-open"),
    path("<int:year>/dates/", rounds.round_reschedule, name="round-reschedule"),
    path("<int:year>/archive/", rounds.round_archive, name="round-archive"),
    # The vote: codes, returns, closing, opening the box.
    path("returns/", returns.return_rounds, name="return-rounds"),
    path("<int:year>/codes/", codes.code_list, name="code-list"),
    path("<int:year>/codes/issue/", codes.code_issue, name="code-issue"),
    path("<int:year>/codes/<int:pk>/reissue/", codes.code_reissue, name="code-reissue"),
    path("<int:year>/codes/<int:pk>/revoke/", codes.code_revoke, name="code-revoke"),
    path("<int:year>/replacements/", replacements.replacement_list, name="replacement-list"),
    path("<int:year>/replacements/replaced.csv", replacements.replacement_download, name="replacement-download"),
    path("<int:year>/replacements/find/", replacements.replacement_find, name="replacement-find"),
    path("<int:year>/replacements/place/<int:pk>/", replacements.replacement_create, name="replacement-create"),
    path("<int:year>/replacements/<int:pk>/confirm/", replacements.replacement_confirm, name="replacement-confirm"),
    path("<int:year>/replacements/<int:pk>/withdraw/", replacements.replacement_withdraw, name="replacement-withdraw"),
    path("<int:year>/returns/", returns.return_detail, name="return-detail"),
    path("<int:year>/returns/units/", returns.return_units, name="return-units"),
    path("<int:year>/close/", counting.round_close, name="round-close"),
    path("<int:year>/counting/", counting.round_count, name="round-count"),
    path("<int:year>/counting/open/", counting.count_start, name="count-start"),
]
