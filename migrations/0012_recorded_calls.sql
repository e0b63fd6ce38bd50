-- What a candidate is compared on is found however many calls were turned away since: refusals
-- for a role alone keep no question, and a flood of them must not stand between.
CREATE INDEX decisions_judged ON decisions (decision_id)
    WHERE question IS NOT NULL AND verdict IS NOT NULL AND pack_digest IS NOT NULL;
CREATE INDEX decisions_turned_away ON decisions (actor_role, tool, decision_id)
    WHERE code = 'role_forbidden' AND question IS NULL AND pack_digest IS NOT NULL;
