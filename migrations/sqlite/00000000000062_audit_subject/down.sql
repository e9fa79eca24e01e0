DROP INDEX audit_by_subject;
