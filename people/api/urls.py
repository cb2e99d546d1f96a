"""Routes of the profile API. A value may hold anything, slashes too: the part's name is the last step of the path."""

from django.urls import URLPattern, URLResolver, re_path

from people.api import own, segment

SEGMENT = r"^v1/spaces/(?P<space>[^/]+)/collections/(?P<collection>[^/]+)/profiles/(?P<key>.+)"

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"{SEGMENT}/traits/?$", segment.TraitsView.as_view(), name="segment-traits"),
    re_path(rf"{SEGMENT}/external_ids/?$", segment.ExternalIdsView.as_view(), name="segment-external-ids"),
    re_path(rf"{SEGMENT}/events/?$", segment.EventsView.as_view(), name="segment-events"),
    re_path(rf"{SEGMENT}/metadata/?$", segment.MetadataView.as_view(), name="segment-metadata"),
    re_path(rf"{SEGMENT}/links/?$", segment.LinksView.as_view(), name="segment-links"),
    re_path(r"^v1/profiles/?$", own.SearchView.as_view(), name="profiles-search"),
    re_path(r"^v1/profiles/(?P<key>.+)/timeline/?$", own.TimelineView.as_view(), name="profile-timeline"),
    re_path(r"^v1/profiles/(?P<key>.+?)/?$", own.ProfileView.as_view(), name="profile"),
]
