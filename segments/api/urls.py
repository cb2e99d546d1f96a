"""Routes of the segments API; each is served with and without a slash at its end."""

from django.urls import URLPattern, URLResolver, re_path

from segments.api import exports, lists, people, rules

ID = r"(?P<{}>[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}})"
ONE = r"^v1/segments/(?P<slug>[-a-zA-Z0-9_]{1,50})"
FILL, EXPORT = f"{ONE}/fills/{ID.format('fill_id')}", f"{ONE}/exports/{ID.format('export_id')}"

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^v1/segments/?$", rules.ListView.as_view(), name="segments"),
    re_path(r"^v1/segments/preview/?$", rules.PreviewView.as_view(), name="segments-preview"),
    re_path(rf"{ONE}/?$", rules.SegmentView.as_view(), name="segment"),
    re_path(rf"{ONE}/versions/?$", rules.VersionsView.as_view(), name="segment-versions"),
    re_path(rf"{ONE}/members/?$", lists.ListMembersView.as_view(), name="segment-members"),
    re_path(rf"{ONE}/members/remove/?$", lists.RemoveView.as_view(), name="segment-members-remove"),
    re_path(rf"{ONE}/compare/?$", people.CompareView.as_view(), name="segment-compare"),
    re_path(rf"{ONE}/explain/(?P<key>.+?)/?$", people.ExplainView.as_view(), name="segment-explain"),
    re_path(rf"{ONE}/snapshots/?$", lists.SnapshotView.as_view(), name="segment-snapshots"),
    re_path(rf"{ONE}/uploads/?$", lists.UploadView.as_view(), name="segment-uploads"),
    re_path(rf"{FILL}/?$", lists.FillView.as_view(), name="segment-fill"),
    re_path(rf"{FILL}/undo/?$", lists.UndoView.as_view(), name="segment-fill-undo"),
    re_path(rf"{FILL}/rejects\.csv$", lists.RejectsView.as_view(), name="segment-fill-rejects"),
    re_path(rf"{ONE}/exports/?$", exports.ExportsView.as_view(), name="segment-exports"),
    re_path(rf"{EXPORT}/?$", exports.ExportView.as_view(), name="segment-export"),
    re_path(rf"{EXPORT}/members\.csv$", exports.FileView.as_view(), name="segment-export-file"),
    re_path(r"^v1/profiles/(?P<key>.+)/segments/?$", people.OfPersonView.as_view(), name="profile-segments-of"),
]
