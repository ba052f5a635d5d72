package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// migrate brings a file of an older version to the present one, in one
// transaction: it gets the buckets that it lacks, and the profiles that can be
// made of the identities it has when it had none. An older program refuses the
// file from then on.
func (db *DB) migrate() error {
	if db.schema == schemaVersion {
		return nil
	}
	from := db.buckets
	var next state
	err := guard(func() error {
		return db.bolt.Update(func(tx *bbolt.Tx) (err error) {
			for _, name := range bucketNames[from:] {
				if _, err := tx.CreateBucket([]byte(name)); err != nil {
					return err
				}
			}
			w := &writer{state: db.state.clone(), table: db.words, ids: map[string]uint32{}, hash: db.hash}
			w.tx, w.words = tx, db.words.snapshot()
			if w.b, err = openBuckets(tx, bucketCount); err != nil {
				return err
			}
			if from <= int(bucketProfile) {
				if err := w.profilesOfIdentities(); err != nil {
					return err
				}
			}
			key := []byte(metaSchema)
			w.begin()
			w.uvarint(schemaVersion)
			w.uvarint(minReader)
			if err := w.replace(bucketMeta, key, w.seal(bucketMeta, key)); err != nil {
				return err
			}
			next = w.state
			next.buckets = bucketCount
			return w.finish()
		})
	})
	if err != nil {
		return fmt.Errorf("bring the file to version %d: %w", schemaVersion, err)
	}
	db.state, db.schema, db.buckets = next, schemaVersion, bucketCount
	db.log.Info("the database was brought to a newer version of its format", "version", schemaVersion)
	return nil
}

// profilesOfIdentities keeps which identities are bots, so that erasing their
// handles does not lose it.
func (w *writer) profilesOfIdentities() error {
	return w.scan(bucketIdentity, nil, nil, func(key []byte, d *decoder) (bool, error) {
		d.literal()
		w.begin()
		w.profile(profile{bot: d.byte() != 0})
		_, err := w.put(bucketProfile, key, w.seal(bucketProfile, key))
		return true, err
	})
}
