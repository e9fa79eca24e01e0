-- What an entry is about, by its beginning, byte by byte.
CREATE INDEX audit_by_subject ON audit (lower(subject) text_pattern_ops);
