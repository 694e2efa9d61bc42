"""What a job is made of: which parents there are, and whose words came along from them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Text, bindparam, insert, select, union

from storage.errors import ParentForgotten
from storage.job import Job
from storage.schema import jobs, lineage

_CHILD: Final = bindparam("child", type_=Text).label("child")
_INHERIT: Final = insert(lineage).from_select(
    ["job_id", "user_id"],
    union(
        *(
            select(_CHILD, whose).where(of == bindparam("parent"), whose != bindparam("member"))
            for of, whose in ((jobs.c.id, jobs.c.user_id), (lineage.c.job_id, lineage.c.user_id))
        )
    ),
)
"""What a job is made of, its parent was made of as well."""


def possible_parents(
    connection: Connection, entering: Sequence[Job], *, hold: bool = False
) -> set[str | None]:
    """Return the jobs that these may be made of, None among them; `hold` keeps those there.

    No job may be made of one that is being forgotten: so those who forget find every job made of
    it, and there is no later one.
    """
    wanted = {job.parent_id for job in entering} - {None}
    if not wanted:
        return {None}
    there = select(jobs.c.id).where(jobs.c.id.in_(wanted), jobs.c.to_forget_since.is_(None))
    if hold:
        there = there.with_for_update(read=True)
    return {None, *connection.execute(there).scalars()}


def inherit(connection: Connection, entered: Sequence[Job]) -> None:
    """Note of jobs made of others' jobs whose words and files came along.

    Raises `ParentForgotten` if a parent went since it was looked for.
    """
    parents = possible_parents(connection, entered, hold=True)
    if any(job.parent_id not in parents for job in entered):
        raise ParentForgotten
    made_of_another = [
        {"child": job.id, "parent": job.parent_id, "member": job.origin.user_id}
        for job in entered
        if job.parent_id is not None
    ]
    if made_of_another:
        connection.execute(_INHERIT, made_of_another)
