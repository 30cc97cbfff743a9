"""What the description of a study's run says, in Markdown: the finding, and a few lines."""

from steps.names import Artifact
from steps.tracking.run_note import escaped
from steps.tuning.report import headline, scores_table, study_end, study_finding
from steps.tuning.report.study_record import StudyRecord


def text(record: StudyRecord) -> str:
    """Write what was found, the best hyperparameters and scores, and what it cost."""
    whose, best = headline.best_of(record)
    lines = []
    if best:
        lines.append((f"Best hyperparameters ({whose})", ", ".join(f"{name} {value}" for name, value in best.items())))
    scores = scores_table.scores(record)
    if record.best is not None:
        lines.append((f"Best {record.plan.objectives[0].name}", f"{record.best.values[0]:.6g}"))
    for score in scores:
        if score.held_out:
            sure = f" (95 %: {score.interval})" if score.interval else ""
            lines.append((f"Held-out rows, {score.whose}", f"{score.held_out}{sure}"))
    if record.plan.constraints:
        lines.append(("Constraints", headline.kept(record)))
    lines += [(name.capitalize(), value) for name, value in headline.cost(record)]
    listed = "\n".join(f"- **{escaped(name)}**: {escaped(value)}" for name, value in lines)
    ended = study_end.why(record.plan, record.stopped_by, len(record.trials))
    found = f"**{escaped(study_finding.of_record(record).sentence())}** {escaped(ended)}."
    return f"{found}\n\n{listed}\n\nAll of it is in the artifact `{Artifact.REPORT}`."
