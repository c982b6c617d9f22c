"""Groups rows that are alike: k-means, the number of groups chosen by the silhouette.

k-means runs for every k from `min_k` to `max_k` (ten starts each, by seed) on scaled numbers and one-hot categories;
the k with the highest mean silhouette is taken, the lower one of equals. The silhouette is measured on at most 2,000
rows drawn by seed, as it compares each row with each. Result: `k`, `silhouettes` by k, and `clusters`: rows,
silhouette, the mean of every number and the most frequent value of every category. Silhouettes below about 0.25 mean:
no real groups.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scilearn.errors import PermanentError
from scilearn.features import choose_features, require_rows
from scilearn.option_schemas import COLUMNS
from scilearn.outcome import Outcome
from scilearn.table import Table

OPTIONS: dict[str, dict[str, Any]] = {
    "features": COLUMNS,
    "min_k": {"type": "integer", "minimum": 2, "maximum": 30, "default": 2},
    "max_k": {"type": "integer", "minimum": 2, "maximum": 30, "default": 8},
}
SILHOUETTE_ROWS = 2_000


def cluster(table: Table, options: Mapping[str, Any], seed: int) -> Outcome:
    """Groups the rows of the table."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_samples

    low, high = options["min_k"], options["max_k"]
    if low > high:
        raise PermanentError("bad_request", "`min_k` is above `max_k`.")
    require_rows(len(table.frame), max(10, low + 1))
    features = choose_features(table, options.get("features"))
    frame = features.matrix(table.frame)
    x = features.encoder(scale=True).fit_transform(frame)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(x))[:SILHOUETTE_ROWS])
    different = len(np.unique(x[drawn], axis=0))
    if different <= low:
        raise PermanentError("too_few_rows", f"Only {different} of the rows are different: too few for {low} groups.")
    best: tuple[float, int, Any, Any] | None = None
    silhouettes: dict[str, float] = {}
    for k in range(low, min(high, different - 1) + 1):
        labels = KMeans(n_clusters=k, n_init=10, random_state=seed).fit_predict(x)
        if len(np.unique(labels[drawn])) < 2:
            continue
        each = silhouette_samples(x[drawn], labels[drawn])
        silhouettes[str(k)] = float(each.mean())
        if best is None or silhouettes[str(k)] > best[0] + 1e-12:
            best = (silhouettes[str(k)], k, labels, each)
    if best is None:
        raise PermanentError("no_clusters", "The rows fall into one group only.")
    _, k, labels, each = best
    clusters = []
    for label in np.argsort(-np.bincount(labels, minlength=k), kind="stable"):
        part = frame[labels == label]
        clusters.append(
            {
                "rows": len(part),
                "silhouette": float(each[labels[drawn] == label].mean()) if (labels[drawn] == label).any() else None,
                "means": {name: float(part[name].mean()) for name in features.numeric},
                "most_frequent": {name: part[name].mode().iloc[0] for name in features.categorical},
            }
        )
    result = {"k": k, "silhouettes": silhouettes, "silhouette_rows": len(drawn), "features": features.summary()}

    def draw(axes: Any) -> None:
        from sklearn.decomposition import PCA

        flat = PCA(n_components=min(2, x.shape[1]), random_state=seed).fit(x[drawn]).transform(x[drawn])
        other = flat[:, 1] if flat.shape[1] > 1 else np.zeros(len(flat))
        axes.scatter(flat[:, 0], other, c=labels[drawn], s=8, cmap="tab20")
        axes.set(title=f"{k} groups", xlabel="first main direction", ylabel="second")

    return Outcome(result=result | {"clusters": clusters}, plots={"clusters": draw})
