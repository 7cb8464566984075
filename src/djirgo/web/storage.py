"""The static files of an image: compressed, and named by what is in them, also where one module imports another."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class StaticFiles(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    #: Of our own modules alone: what libraries bring says `import` where it means nothing.
    _js_module_import_aggregation_patterns = ("web/*.js", IMPORTS)
