"""Rows of those who get the summary, and of what they did with it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, delete, func, select, update

from monitor.models import Outbox, Recipient, Report, ReportAnswer, ReportUse


def everyone(session: Session) -> Sequence[Recipient]:
    return session.exec(select(Recipient).order_by(col(Recipient.id))).all()


def active(session: Session) -> Sequence[Recipient]:
    return session.exec(select(Recipient).where(col(Recipient.active).is_(True)).order_by(col(Recipient.id))).all()


def named(session: Session, name: str) -> Recipient | None:
    return session.exec(select(Recipient).where(Recipient.name == name)).first()


def at_address(session: Session, address: str) -> Recipient | None:
    return session.exec(select(Recipient).where(Recipient.address == address)).first()


def forget(session: Session, recipient: Recipient) -> None:
    """Delete a recipient with what they did; answers stay, they are the desk's decisions."""
    session.execute(delete(ReportUse).where(col(ReportUse.recipient_id) == recipient.id))
    mails = update(Outbox).where(col(Outbox.kind) == "mail", col(Outbox.to) == recipient.address)
    session.execute(mails.where(col(Outbox.state) == "waiting").values(state="given_up", payload={}))
    session.execute(mails.values(to="-"))
    session.flush()
    session.delete(recipient)


def use(session: Session, week: str, recipient_id: int) -> ReportUse | None:
    query = select(ReportUse).where(ReportUse.week == week, ReportUse.recipient_id == recipient_id)
    return session.exec(query).first()


def uses(session: Session, week: str) -> Sequence[ReportUse]:
    return session.exec(select(ReportUse).where(ReportUse.week == week).order_by(col(ReportUse.id))).all()


def mailed_weeks(session: Session, recipient_id: int) -> set[str]:
    """Return the weeks whose summary this recipient was sent."""
    return set(session.exec(select(ReportUse.week).where(ReportUse.recipient_id == recipient_id)).all())


def answers(session: Session, week: str) -> Sequence[ReportAnswer]:
    """Return the answers to what a week's summary asked, oldest first."""
    query = select(ReportAnswer).where(ReportAnswer.week == week)
    return session.exec(query.order_by(col(ReportAnswer.at), col(ReportAnswer.id))).all()


def newest_reports(session: Session, limit: int) -> list[Report]:
    """Return the newest revision of each of the last ``limit`` weeks, newest first."""
    newest = select(func.max(Report.id)).group_by(col(Report.week))
    query = select(Report).where(col(Report.id).in_(newest)).order_by(col(Report.week).desc())
    return list(session.exec(query.limit(limit)).all())


def first_revision(session: Session, week: str) -> Report | None:
    """Return the summary of a week as it was first written."""
    return session.exec(select(Report).where(Report.week == week, Report.revision == 1)).first()


def is_put(session: Session, key: str) -> bool:
    """Whether a message with this key was ever put into the outbox."""
    return session.exec(select(Outbox.id).where(Outbox.key == key)).first() is not None
