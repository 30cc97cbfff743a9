import pytest

from steps.errors import WrongValue
from steps.project import secrets

# Each row: a URI, with SESAME where the secret is, and what is to be used instead.
SECRET = [
    ("https://me:SESAME@host/table.csv", "netrc"),
    ("https://me:SES/AME@host/table.csv", "netrc"),
    ("https://SESAME@host/table.csv", "netrc"),
    ("HTTPS://me:SESAME@host/table.csv", "netrc"),
    ("http://host:8080/table.csv?token=SESAME", "netrc"),
    ("http://host/table.csv?part=1&API-Key=SESAME#x", "netrc"),
    ("http://host/table.csv?x=1&access_token=SESAME", "netrc"),
    ("http://host/table.csv#access_token=SESAME", "netrc"),
    ("https://bucket.host/table.csv?X-Amz-Signature=SESAME", "netrc"),
    ("https://account.host/table.csv?sv=2022&sig=SESAME", "netrc"),
    ("s3://key:SESAME@bucket/table.csv", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ("gs://bucket/table.csv?secret=SESAME", "GOOGLE_APPLICATION_CREDENTIALS"),
    ("wasbs://container@account.host/table.csv?sig=SESAME", "AZURE_STORAGE_CONNECTION_STRING"),
    ("mlflow-artifacts://me:SESAME@host/table.csv", "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
    ("runs:/1f0/table.csv?password=SESAME", "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
    ("sftp://me:SESAME@host/table.csv", "environment variables that MLflow reads for sftp://"),
]
HARMLESS = [
    "iris",
    "table.csv",
    "/data/me:you@home/table.csv",
    "C:/table.csv",
    "http://host:8080/table.csv",
    "http://host:8080/a@b.csv",
    "https://host/table.csv?download=1&part=tokens",
    "s3://bucket/table.csv",
    "wasbs://container@account.blob.host/table.csv",
    "runs:/1f0/table.csv",
]


@pytest.mark.parametrize(("uri", "instead"), SECRET)
@pytest.mark.parametrize("run_id", [None, "1f0e"])
def test_a_uri_with_a_secret_is_refused_without_repeating_it(uri, instead, run_id):
    """One line names the run that has it on record and what to use instead; the secret is nowhere in it."""
    with pytest.raises(WrongValue) as caught:
        secrets.refuse("data", uri, run_id)
    (problem,) = caught.value.problems
    assert problem.startswith("--data: ")
    assert instead in problem
    assert "SES" not in problem
    assert "AME" not in problem.replace("USERNAME", "")
    assert ("in run 1f0e" in problem) == (run_id is not None)


@pytest.mark.parametrize("data", HARMLESS)
def test_what_holds_no_secret_passes(data):
    """Ports, containers, plain queries and paths are no secrets."""
    secrets.refuse("data", data, "1f0e")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:SESAME@host:5000/x", "https://host:5000/x"),
        ("https://me:SES/AME@host/x", "https://host/x"),
        ("https://SESAME@host/x", "https://host/x"),
        ("can't open postgresql://me:SESAME@host/db: refused", "can't open postgresql://host/db: refused"),
        ("postgresql://host/db?user=me&password=SESAME", "postgresql://host/db?user=me&password=***"),
        ("'http://host/x?token=SESAME'", "'http://host/x?token=***'"),
        ("http://host:8080/a@b.csv", "http://host:8080/a@b.csv"),
        ("ssh://git@host/a/b", "ssh://git@host/a/b"),
        ("git+ssh://me:SES/AME@host:22/a", "git+ssh://me@host:22/a"),
        ("ssh://host:22/a@b", "ssh://host:22/a@b"),
        ("sqlite:////home/me@work/mlflow.db", "sqlite:////home/me@work/mlflow.db"),
        ("http://host/x?part=1&download=yes", "http://host/x?part=1&download=yes"),
    ],
)
def test_a_message_shows_a_uri_without_its_secrets(text, shown):
    """Users, passwords and tokens of URIs are cut out of a text; all else of it stays, as ssh's login names do."""
    assert secrets.hidden(text) == shown
