package bolt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/workdrift/workdrift/store"
)

// maxSame bounds what one account can make us keep.
const maxSame = 256

// A profile is the record of a store.Profile.
type profile struct {
	bot  bool
	zone string
	same []store.Same // ordered, without repeats
	// account is the state of the account, and since when it was first seen to be
	// so; both are zero where that is unknown.
	account store.AccountState
	since   time.Time
}

func (e *encoder) profile(p profile) {
	e.byte(bit(p.bot))
	e.word(p.zone)
	e.uvarint(uint64(len(p.same)))
	for _, s := range p.same {
		e.word(s.Actor)
		e.word(string(s.By))
	}
	// What is unknown takes no place, as in the profiles of earlier versions.
	if p.account != "" {
		e.word(string(p.account))
		e.time(p.since, epoch)
	}
}

func (d *decoder) profile() profile {
	p := profile{bot: d.byte() != 0, zone: d.text()}
	if n := d.count(); n > 0 {
		p.same = make([]store.Same, n)
		for i := range p.same {
			p.same[i] = store.Same{Actor: d.text(), By: store.SameBy(d.text())}
		}
	}
	if len(d.b) > 0 {
		p.account, p.since = store.AccountState(d.text()), d.time(epoch)
	}
	return p
}

// learn adds what an identity tells to its profile, see store.Identity.
func (p profile) learn(id *store.Identity) profile {
	out := profile{bot: id.Bot, zone: cmp.Or(id.Zone, p.zone), account: p.account, since: p.since}
	told := slices.ContainsFunc(id.Same, func(s store.Same) bool { return s.By != store.SameByEmail })
	for _, s := range p.same {
		if s.By == store.SameByEmail || !told {
			out.same = append(out.same, s)
		}
	}
	out.same = append(out.same, id.Same...)
	slices.SortFunc(out.same, func(a, b store.Same) int {
		return cmp.Or(cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.By, b.By))
	})
	out.same = slices.Compact(out.same)
	out.same = out.same[:min(len(out.same), maxSame)]
	return out
}

// checkPeople refuses what a batch must not tell of accounts and groups.
func checkPeople(source string, b *store.Batch) error {
	for _, id := range b.Identities {
		if err := checkID(id.Actor); err != nil {
			return fmt.Errorf("identity: %w", err)
		}
	}
	for _, acc := range b.Accounts {
		if acc.State == "" || !storable(acc.At) {
			return fmt.Errorf("account with the state %q as of %s", acc.State, acc.At)
		}
		if err := checkID(acc.Actor); err != nil {
			return fmt.Errorf("account: %w", err)
		}
	}
	for _, g := range b.Groups {
		if g.Source != source {
			return fmt.Errorf("group %q has source %q", g.Name, g.Source)
		}
		if err := checkID(g.Name); err != nil {
			return fmt.Errorf("group: %w", err)
		}
		if strings.IndexByte(g.Name, 0) >= 0 {
			return fmt.Errorf("group %q has a zero in its name", g.Name)
		}
	}
	return nil
}

func (a *applier) identities(b *store.Batch) error {
	for i := range b.Identities {
		id := &b.Identities[i]
		key := sourceKey(a.src.no, id.Actor)
		if a.past[id.Actor] && a.w.b[bucketProfile].Get(key) == nil && !a.mentions(b, id.Actor) {
			continue // somebody of the past, who is not to come back
		}
		a.w.begin()
		a.w.literal(id.Handle)
		a.w.byte(bit(id.Bot))
		if _, err := a.w.put(bucketIdentity, key, a.w.seal(bucketIdentity, key)); err != nil {
			return err
		}
		var old profile
		d, stored, err := a.w.get(bucketProfile, key)
		if err != nil {
			return err
		}
		if stored {
			old = d.profile()
			if err := d.end(bucketProfile, key); err != nil {
				return err
			}
		}
		a.w.begin()
		a.w.profile(old.learn(id))
		if _, err := a.w.put(bucketProfile, key, a.w.seal(bucketProfile, key)); err != nil {
			return err
		}
	}
	return nil
}

// accounts keeps what a batch tells of accounts, see store.Account.
func (a *applier) accounts(b *store.Batch) error {
	for i := range b.Accounts {
		acc := &b.Accounts[i]
		key := sourceKey(a.src.no, acc.Actor)
		d, stored, err := a.w.get(bucketProfile, key)
		if err != nil {
			return err
		}
		if !stored {
			continue
		}
		p := d.profile()
		if err := d.end(bucketProfile, key); err != nil {
			return err
		}
		at := time.Unix(acc.At.Unix(), 0).UTC()
		if p.account == acc.State || p.account != "" && at.Before(p.since) {
			continue
		}
		p.account, p.since = acc.State, at
		a.w.begin()
		a.w.profile(p)
		if _, err := a.w.put(bucketProfile, key, a.w.seal(bucketProfile, key)); err != nil {
			return err
		}
	}
	return nil
}

// Profiles implements store.Store.
func (db *DB) Profiles(ctx context.Context) iter.Seq2[store.Profile, error] {
	return bySource(ctx, db, "read profiles", bucketProfile, func(_ *reader, source string, key []byte, d *decoder) store.Profile {
		p := d.profile()
		return store.Profile{Source: source, Actor: string(key[4:]), Bot: p.bot, Zone: p.zone, Same: p.same, Account: p.account, Since: p.since}
	})
}

// groupKey is the key of a version of a group, without the source for none.
// The name ends in a zero so that the versions of one group lie together, and
// the time sorts before 1970 as well.
func groupKey(source uint32, name string, at time.Time) []byte {
	return binary.BigEndian.AppendUint64(groupPrefix(source, name), uint64(at.Unix())^1<<63)
}

func groupPrefix(source uint32, name string) []byte { return append(sourceKey(source, name), 0) }

// splitGroup reads a key without its source.
func splitGroup(key []byte) (name string, at time.Time, ok bool) {
	n := len(key) - 9
	if n < 1 || key[n] != 0 {
		return "", time.Time{}, false
	}
	return string(key[:n]), time.Unix(int64(binary.BigEndian.Uint64(key[n+1:])^1<<63), 0).UTC(), true
}

func (e *encoder) members(members []string) {
	e.uvarint(uint64(len(members)))
	for _, m := range members {
		e.word(m)
	}
}

func (d *decoder) members() []string {
	n := d.count()
	if n == 0 {
		return nil
	}
	members := make([]string, n)
	for i := range members {
		members[i] = d.text()
	}
	return members
}

// newestGroup returns the newest version of the group whose keys start with
// prefix, and a nil key when there is none.
func (w *writer) newestGroup(prefix []byte) (key []byte, members []string, err error) {
	c := w.b[bucketGroup].Cursor()
	after := bytes.Clone(prefix)
	after[len(after)-1] = 1
	k, _ := c.Seek(after)
	var rec []byte
	if k == nil {
		k, rec = c.Last()
	} else {
		k, rec = c.Prev()
	}
	if !bytes.HasPrefix(k, prefix) {
		return nil, nil, nil
	}
	key = bytes.Clone(k)
	d, err := open(bucketGroup, key, rec, w.words)
	if err != nil {
		return nil, nil, err
	}
	members = d.members()
	return key, members, d.end(bucketGroup, key)
}

// groups keeps the versions that differ from the one before them. A group is
// only ever seen as it is now: one that was seen before the newest version
// comes from a repeated batch.
func (a *applier) groups(b *store.Batch) error {
	for i := range b.Groups {
		if err := a.group(&b.Groups[i]); err != nil {
			return fmt.Errorf("group: %w", err)
		}
	}
	return nil
}

func (a *applier) group(g *store.Group) error {
	w, key := a.w, groupKey(a.src.no, g.Name, g.At)
	newest, members, err := w.newestGroup(groupPrefix(a.src.no, g.Name))
	switch {
	case err != nil:
		return err
	case bytes.Compare(newest, key) > 0, newest != nil && slices.Equal(members, g.Members):
		return nil
	case bytes.Equal(newest, key):
		// Seen twice in one second: the later sight replaces the earlier,
		// which may leave what was there before.
		if _, err := w.remove(bucketGroup, key); err != nil {
			return err
		}
		return a.group(g)
	}
	w.begin()
	w.members(g.Members)
	return w.insert(bucketGroup, key, w.seal(bucketGroup, key))
}

// Groups implements store.Store.
func (db *DB) Groups(ctx context.Context) iter.Seq2[store.Group, error] {
	return bySource(ctx, db, "read groups", bucketGroup, func(_ *reader, source string, key []byte, d *decoder) store.Group {
		name, at, ok := splitGroup(key[4:])
		if !ok {
			d.fail("has a key of another form")
		}
		return store.Group{Source: source, Name: name, Members: d.members(), At: at}
	})
}
