-- Refusals are events of no chain. Whoever wrote some counts this up once they can be read,
-- so that every host on the database sees that there is something to look at. A sequence: it
-- costs no row and no lock, and needs no clock that agrees with another's.
CREATE SEQUENCE refusals_told;
