"""Maps as a worker makes them, without the laying out."""

import numpy as np

from webapp.core import jobs, store
from webapp.projects.models import Project
from webapp.similar import mapping
from webapp.similar.models import Map


def laid_out(project: Project, places=None, regions=None) -> Map:
    """A finished map of a project's pictures in the order of their ids: at these places [N, 2] and in these regions [N], else in a row and in one."""
    ids = sorted(key.bytes for key in project.images.values_list("id", flat=True))
    if places is None:
        places = np.linspace([0, 0], [mapping.STEPS, 0], len(ids))
    regions = np.zeros(len(ids)) if regions is None else np.array(regions)
    row = jobs.claim(Map, mapping.start(project=project).id, "tester")
    store.put(row.file_name, mapping.Places(np.array(ids, "V16"), np.array(places, "<u2"), regions.astype("<u2")).written())
    jobs.finish(row, count=len(ids), processed=mapping.ROUNDS)
    row.refresh_from_db()
    return row
