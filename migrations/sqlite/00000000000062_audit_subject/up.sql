-- What an entry is about, by its beginning.
CREATE INDEX audit_by_subject ON audit (lower(subject));
