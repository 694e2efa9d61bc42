"""What of a dump of a whole database is of the bot's tables."""

from storage.postgresql_entries import entries_of, tables_with_comment

LISTED = """;
; Selected TOC Entries:
;
7; 2615 2200 SCHEMA - Of Kling me
;	depends on: 1
217; 1259 16386 TABLE Of Kling jobs me
;	depends on: 7
218; 1259 16387 TABLE Of Kling jobs_of_others me
;	depends on: 7
219; 1259 16388 SEQUENCE Of Kling jobs_id_seq me
220; 0 0 SEQUENCE OWNED BY Of Kling jobs_id_seq me
;	depends on: 217 219
221; 2604 16389 DEFAULT Of Kling jobs id me
;	depends on: 217 219
222; 1259 16390 TABLE public jobs me
223; 1259 16391 VIEW Of Kling of_both me
;	depends on: 217 218
224; 1259 16392 VIEW Of Kling of_jobs me
;	depends on: 217
350; 0 16386 TABLE DATA Of Kling jobs me
;	depends on: 217
351; 0 16387 TABLE DATA Of Kling jobs_of_others me
;	depends on: 218
352; 0 0 SEQUENCE SET Of Kling jobs_id_seq me
;	depends on: 219
353; 1259 16393 INDEX Of Kling by_state me
;	depends on: 217
354; 0 0 COMMENT Of Kling INDEX by_state me
;	depends on: 353
355; 2606 16394 FK CONSTRAINT Of Kling jobs_of_others their_job me
;	depends on: 217 218
"""


def test_with_a_table_goes_all_that_needs_nothing_of_others() -> None:
    """Rows, sequence, default, index, comment and view.

    No table that begins like it or is of another schema, and nothing that needs one.
    """
    kept = entries_of(LISTED, "Of Kling", {"jobs"})
    assert kept == [217, 219, 220, 221, 224, 350, 352, 353, 354]


def test_a_table_is_known_by_its_comment() -> None:
    """The program's own comment tells, on a table, whatever the schema; no other comment does."""
    script = """
COMMENT ON TABLE public.moods IS 'kling-discord';
COMMENT ON TABLE "Of Kling"."moods2" IS 'kling-discord';
COMMENT ON TABLE public.theirs IS 'not of kling-discord';
COMMENT ON INDEX public.by_mood IS 'kling-discord';
"""
    assert tables_with_comment(script, "kling-discord") == {"moods", "moods2"}
