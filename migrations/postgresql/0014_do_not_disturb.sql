-- JSON, if calls do not always ring.
ALTER TABLE users ADD COLUMN do_not_disturb text;
-- Whether calls do not ring on the device.
ALTER TABLE devices ADD COLUMN muted boolean NOT NULL DEFAULT false;
