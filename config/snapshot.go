package config

import "time"

// snapshotMaxAge reads how old a snapshot may be and still be used.
func (c *checker) snapshotMaxAge(raw *rawConsul) time.Duration {
	const def = 24 * time.Hour
	age := c.duration("snapshot_max_age", raw.SnapshotMaxAge, raw.SnapshotMaxAgeAt, def, time.Minute)
	nowhere := raw.SnapshotFile == nil || *raw.SnapshotFile == ""
	if age != def && nowhere && !c.failed(raw.SnapshotFileAt) {
		c.warn(raw.SnapshotMaxAgeAt, "Key without effect",
			`snapshot_max_age is for the file that snapshot_file names, and it names none. Add snapshot_file = "weir.snapshot", for example, or remove the key.`)
	}
	return age
}
