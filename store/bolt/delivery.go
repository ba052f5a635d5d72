package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/workdrift/workdrift/store"
)

// SaveDelivery implements store.Store.
func (db *DB) SaveDelivery(ctx context.Context, v store.Delivery) error {
	const what = "keep delivery"
	key, err := deliveryKey(v.Outbox, v.Edition)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return db.update(ctx, what, func(w *writer) error {
		w.begin()
		w.delivery(&v)
		_, err := w.put(bucketDelivery, key, w.seal(bucketDelivery, key))
		return err
	})
}

// deliveryKey puts the editions of an outbox side by side.
func deliveryKey(outbox, edition string) ([]byte, error) {
	if err := errors.Join(checkID(outbox), checkID(edition)); err != nil {
		return nil, err
	}
	if strings.Contains(outbox, "\x00") {
		return nil, errors.New("the name of the outbox contains a zero byte")
	}
	key := outbox + "\x00" + edition
	return []byte(key), checkID(key)
}

func (e *encoder) delivery(v *store.Delivery) {
	e.literal(string(v.State))
	e.time(v.Due, epoch)
	e.uvarint(uint64(max(v.Attempts, 0)))
	e.time(v.Tried, epoch)
	e.literal(v.Receipt)
	e.literal(v.Why)
	e.bytes(v.Body)
}

func (d *decoder) delivery(key []byte) store.Delivery {
	outbox, edition, ok := bytes.Cut(key, []byte{0})
	if !ok {
		d.fail("has a key of another form")
	}
	return store.Delivery{
		Outbox: string(outbox), Edition: string(edition), State: store.DeliveryState(d.literal()), Due: d.time(epoch),
		Attempts: int(d.uint32()), Tried: d.time(epoch), Receipt: d.literal(), Why: d.literal(), Body: d.bytes(),
	}
}

// Deliveries implements store.Store.
func (db *DB) Deliveries(ctx context.Context) iter.Seq2[store.Delivery, error] {
	return list(ctx, db, "read deliveries", bucketDelivery, nil,
		func(_ *reader, key []byte, d *decoder) (store.Delivery, bool, error) {
			return d.delivery(key), true, nil
		})
}
