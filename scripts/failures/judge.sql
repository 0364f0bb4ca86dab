-- What the judge sees by itself, in the transactions that it judges: each change of a job's state, and each time a photo was
-- given what its processing found. It belongs to the superuser and is seen by no owner's rules.
CREATE SCHEMA judge;
CREATE TABLE judge.states (job bytea, photo bytea, before text, after text, deaths bigint, worker text);
CREATE TABLE judge.applied (photo bytea);
CREATE FUNCTION judge.note_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO judge.states VALUES (
        NEW.id, NEW.photo, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.worker_deaths, NEW.worker);
    RETURN NULL;
END $$;
CREATE FUNCTION judge.note_applied() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO judge.applied VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER judge_states AFTER INSERT OR UPDATE OF state ON jobs FOR EACH ROW EXECUTE FUNCTION judge.note_state();
CREATE TRIGGER judge_applied AFTER UPDATE OF phash ON photos FOR EACH ROW EXECUTE FUNCTION judge.note_applied();
