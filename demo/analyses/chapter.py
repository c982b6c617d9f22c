"""The demo's second part: analyses of real flights behind a queue; one fails, is repaired and sent again."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from demo.analyses.questions import REPAIRED_TARGET, as_csv, january, mean_delays, poison, requests_for
from demo.checks import wait_for
from demo.load import ItemApi
from local.errors import LocalStackError
from local.layout import ROOT
from local.services.aws_client import aws_client
from local.services.ministack import REGION
from ops.resend.mending import Mending
from ops.resend.parts import resend_of
from ops.resend.run import ResendChoice
from ops.stack import Stack

FOLDER = ROOT / "build" / "analyses"
PATIENCE_SECONDS = 120.0
INPUT_NAME = "flights-2013-01.csv"


@dataclass(kw_only=True)
class AnalysesChapter:
    """One run against a stack's outputs; results are downloaded below `folder`."""

    outputs: Mapping[str, Any]
    console: Console
    folder: Path = FOLDER
    problems: list[str] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """Plays it. Returns its part of the report. Raises LocalStackError when the program has no analyses."""
        if "analysis_queue_url" not in self.outputs:
            raise LocalStackError("The program has no analyses: enable them in Pulumi.local.yaml.")
        self.console.rule("Analyses of the 27,004 flights of January, behind a queue")
        api, flights = ItemApi(self.outputs["api_url"]), january()
        source = self._upload(as_csv(flights))
        started = time.monotonic()
        asked = requests_for(flights, source) | {"mistaken": poison(source)}
        ids = {
            name: api.request("POST", "/analyses", expect=[202], json=body)["request_id"]
            for name, body in asked.items()
        }
        posted = time.monotonic() - started
        self.console.print(f"  {len(ids)} requests accepted in {posted * 1000:.0f} ms; now they are worked on")
        answers = {name: self._wait(api, request_id) for name, request_id in ids.items()}
        self._failed_as_meant(answers.pop("mistaken"))
        answers["repaired"] = self._repair(api, ids["mistaken"])
        seconds = time.monotonic() - started
        files = {name: self._download(name, answer) for name, answer in answers.items()}
        results = {
            name: json.loads((self.folder / name / "result.json").read_text()) for name in answers if files[name]
        }
        self._show(results, mean_delays(flights))
        return {
            "ok": not self.problems,
            "states": {name: answer["state"] for name, answer in answers.items()},
            "accepted_milliseconds": round(posted * 1000, 1),
            "seconds": round(seconds, 2),
            "files": sorted(str(path.relative_to(ROOT)) for paths in files.values() for path in paths),
            "problems": self.problems,
        }

    def _upload(self, content: bytes) -> dict[str, str]:
        """Puts the flights at the first place that analyses may read. Returns the request's `input`."""
        functions = aws_client(self.outputs["aws_endpoint_url"], REGION, "lambda")
        settings = functions.get_function_configuration(FunctionName=self.outputs["functions"]["scilearn"])
        locations = settings["Environment"]["Variables"].get("INPUT_LOCATIONS", "")
        if not locations:
            raise LocalStackError("Analyses may read no bucket: the settings name no input location.")
        bucket, _, prefix = locations.split(",")[0].removeprefix("s3://").partition("/")
        s3 = aws_client(self.outputs["aws_endpoint_url"], REGION, "s3")
        s3.create_bucket(Bucket=bucket)  # in this region, making a bucket that we own already is no error
        s3.put_object(Bucket=bucket, Key=prefix + INPUT_NAME, Body=content, ContentType="text/csv")
        self.console.print(f"  {len(content) / 1e6:.1f} MB of CSV at s3://{bucket}/{prefix}{INPUT_NAME}")
        return {"type": "s3", "bucket": bucket, "key": prefix + INPUT_NAME, "format": "csv"}

    def _wait(self, api: ItemApi, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = {}

        def is_settled() -> bool:
            answer.update(api.request("GET", f"/analyses/{request_id}", expect=[200]))
            return answer["state"] in ("succeeded", "failed")

        if not wait_for(is_settled, PATIENCE_SECONDS):
            self._problem(f"{request_id} is {answer.get('state')} after {PATIENCE_SECONDS:.0f} s.")
        return answer

    def _failed_as_meant(self, answer: Mapping[str, Any]) -> None:
        reason = answer.get("reason") or {}
        if answer["state"] != "failed" or reason.get("code") != "unknown_column":
            self._problem(f"The mistaken request is {answer['state']}: {reason}.")
        self.console.print(f"  The mistaken request failed, as it should: {reason.get('message')}")

    def _repair(self, api: ItemApi, request_id: str) -> dict[str, Any]:
        """Sends the failed request again with its column repaired, as `ops resend --id ID --set ...` does."""
        stack = Stack(name="local", outputs=dict(self.outputs))
        mending = Mending(assignments=(("options.target", REPAIRED_TARGET),))
        found: list[dict[str, Any]] = []

        def has_come() -> bool:
            """Looks once, as one redrive does: the record comes only after the request's last attempt."""
            choice = ResendChoice(only_id=request_id, wait_seconds=PATIENCE_SECONDS)
            report = resend_of(stack, choice, mending)().as_json()
            found[:] = [one for one in report["requests"] if one["request_id"] == request_id]
            return bool(found)

        if not wait_for(has_come, PATIENCE_SECONDS):
            self._problem("The mistaken request did not come to the on-failure destination.")
        for one in found:
            self.console.print(f"  It was in {one['place']}; repaired and sent again by ops redrive: {one['end']}")
        return self._wait(api, request_id)

    def _download(self, name: str, answer: Mapping[str, Any]) -> list[Path]:
        if answer["state"] != "succeeded":
            self._problem(f"{name} is {answer['state']}: {answer.get('reason')}.")
            return []
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for file, link in answer["links"].items():
            content = requests.get(link, timeout=30)
            content.raise_for_status()
            (folder / file).write_bytes(content.content)
            paths.append(folder / file)
        return paths

    def _show(self, results: Mapping[str, Any], expected: Mapping[str, float]) -> None:
        if groups := results.get("delay-by-carrier"):
            found = {g["key"][0]: g["columns"]["arr_delay"]["mean"] for g in groups["result"]["groups"]}
            if found.keys() != expected.keys() or any(abs(found[c] - expected[c]) > 1e-6 for c in expected):
                self._problem("The mean delays by carrier are not those of the flights.")
            worst = max(found, key=lambda carrier: found[carrier])
            best = min(found, key=lambda carrier: found[carrier])
            self.console.print(
                f"  Latest carrier {worst}, {found[worst]:.1f} minutes on average; earliest {best}, {found[best]:.1f}"
            )
        if hours := results.get("delay-by-hour"):
            by_hour = {g["key"][0]: g["columns"]["arr_delay"].get("mean") for g in hours["result"]["groups"]}
            known = {hour: mean for hour, mean in by_hour.items() if mean is not None}
            latest = max(known, key=lambda hour: known[hour])
            self.console.print(f"  Latest hour {latest:.0f}, {known[latest]:.1f} minutes on average")
        if model := results.get("delay-model"):
            scores, baseline = model["result"]["scores"], model["result"]["baseline"]
            self.console.print(
                f"  Carrier, hour, origin, distance and day explain {scores['r2']['mean']:.0%} of the delay of flights "
                f"that the model has not seen; off by {scores['mae']['mean']:.1f} minutes, the mean by "
                f"{baseline['mae']['mean']:.1f}"
            )
        if odd := results.get("odd-days"):
            shown = "; ".join(
                f"{row['row'] + 1} January, {row['values']['cancelled']:.0f} flights cancelled"
                for row in odd["result"]["rows"][:2]
            )
            self.console.print(f"  The oddest days: {shown}")
        if late := results.get("late-in-the-index"):
            rows = late["input"]["rows_seen"]
            if not rows:
                self._problem("The index gave the analysis no document.")
            self.console.print(f"  {rows} flights in the index landed more than an hour late")
        for picture in sorted(self.folder.glob("*/*.png")):
            self.console.print(f"  {picture.relative_to(ROOT)}")

    def _problem(self, text: str) -> None:
        self.problems.append(text)
        self.console.print(f"  [red]{text}[/]")
