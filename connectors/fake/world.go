package fake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A World is the truth that a server serves. It has no clock: every change
// names its time. It is deterministic: the same changes in the same order give
// the same identifiers and SHAs. It is safe for concurrent use.
//
// A change that names something that does not exist does nothing and returns
// the zero value; Err tells the first such mistake.
type World struct {
	org string

	mu      sync.RWMutex
	err     error
	lastID  int64
	users   map[string]*user // by lower-case login
	people  []*user
	byEmail map[string]*user
	repos   []*repo
	byName  map[string]*repo // by lower-case full name, old names included
	byID    map[int64]*repo
	byNode  map[string]*issue
	teams   map[string][]string // logins by lower-case "owner/slug"
}

// NewWorld returns a world with an empty organisation.
func NewWorld(org string) *World {
	return &World{
		org:     org,
		lastID:  1_000_000,
		users:   map[string]*user{},
		byEmail: map[string]*user{},
		byName:  map[string]*repo{},
		byID:    map[int64]*repo{},
		byNode:  map[string]*issue{},
		teams:   map[string][]string{},
	}
}

// Org returns the name of the organisation.
func (w *World) Org() string { return w.org }

// Err returns the first change that could not be made, nil when all were.
func (w *World) Err() error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.err
}

// change makes one change under the lock and keeps the first error.
func (w *World) change(f func() error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := f(); err != nil && w.err == nil {
		w.err = err
	}
}

// id returns the next identifier. Identifiers grow, with gaps as in a system
// that others use too, and fit into 32 bits.
func (w *World) id() int64 {
	w.lastID += 7
	return w.lastID
}

// AddUser creates an account.
func (w *World) AddUser(s UserSpec) {
	w.change(func() error {
		if s.Login == "" || w.users[strings.ToLower(s.Login)] != nil {
			return fmt.Errorf("add user %q: empty or taken", s.Login)
		}
		u := &user{id: w.id(), login: s.Login, name: s.Name, email: s.Email, bot: s.Bot || strings.HasSuffix(s.Login, "[bot]")}
		if u.name == "" {
			u.name = u.login
		}
		if u.email == "" {
			u.email = fmt.Sprintf("%d+%s@users.noreply.github.com", u.id, u.login)
		}
		w.users[strings.ToLower(u.login)] = u
		w.byEmail[strings.ToLower(u.email)] = u
		w.people = append(w.people, u)
		return nil
	})
}

// DeleteUser deletes an account: what it did stays, with a null user.
func (w *World) DeleteUser(login string) {
	w.change(func() error {
		u, err := w.user(login)
		if err != nil || u == nil {
			return errors.Join(err, fmt.Errorf("delete user %q", login))
		}
		u.gone = true
		delete(w.users, strings.ToLower(login))
		delete(w.byEmail, strings.ToLower(u.email))
		for _, r := range w.repos {
			r.rev++
		}
		return nil
	})
}

// SetTeam gives a team of the organisation these members and no others.
func (w *World) SetTeam(slug string, logins ...string) {
	w.change(func() error {
		w.teams[strings.ToLower(w.org+"/"+slug)] = slices.Clone(logins)
		for _, login := range logins {
			if _, err := w.user(login); err != nil {
				return fmt.Errorf("team %q: %w", slug, err)
			}
		}
		return nil
	})
}

// user finds an account; no login is nobody.
func (w *World) user(login string) (*user, error) {
	if login == "" {
		return nil, nil
	}
	if u := w.users[strings.ToLower(login)]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("no user %q", login)
}

// AddRepo creates a repository and returns its numeric id.
func (w *World) AddRepo(s RepoSpec) (id int64) {
	w.change(func() error {
		owner, name, ok := strings.Cut(s.Name, "/")
		if !ok || w.byName[strings.ToLower(s.Name)] != nil {
			return fmt.Errorf("add repository %q: malformed or taken", s.Name)
		}
		r := &repo{
			id: w.id(), owner: owner, name: name, defaultBranch: s.DefaultBranch, description: s.Description,
			created: second(s.Created), pushed: second(s.Created), updated: second(s.Created),
			archived: s.Archived, fork: s.Fork, next: 1,
			byNumber: map[int]*issue{}, labels: map[string]int64{}, branches: map[string]string{},
			commits: map[string]*commit{}, carriers: map[string][]*issue{},
			orders: map[string]order{}, walks: map[string][]*commit{},
		}
		if r.defaultBranch == "" {
			r.defaultBranch = "main"
		}
		w.repos = append(w.repos, r)
		w.byName[strings.ToLower(s.Name)] = r
		w.byID[r.id] = r
		id = r.id
		return nil
	})
	return id
}

func (w *World) repo(name string) (*repo, error) {
	if r := w.byName[strings.ToLower(name)]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("no repository %q", name)
}

// editRepo changes a repository.
func (w *World) editRepo(name string, f func(r *repo) error) {
	w.change(func() error {
		r, err := w.repo(name)
		if err != nil {
			return err
		}
		r.rev++
		return f(r)
	})
}

// RenameRepo gives a repository a new name, "owner/name". Its old name leads
// to it until another repository takes it.
func (w *World) RenameRepo(at time.Time, name, to string) {
	w.editRepo(name, func(r *repo) error {
		owner, base, ok := strings.Cut(to, "/")
		if taken := w.byName[strings.ToLower(to)]; !ok || taken != nil && taken != r {
			return fmt.Errorf("rename repository %q to %q: malformed or taken", name, to)
		}
		r.owner, r.name = owner, base
		r.updated = later(r.updated, at)
		w.byName[strings.ToLower(to)] = r
		return nil
	})
}

// ArchiveRepo makes a repository read-only, or writable again.
func (w *World) ArchiveRepo(at time.Time, name string, archived bool) {
	w.editRepo(name, func(r *repo) error {
		r.archived, r.updated = archived, later(r.updated, at)
		return nil
	})
}

// RevokeRepo takes away the permission to see a repository: everything in it
// is then not found. RestoreRepo gives it back.
func (w *World) RevokeRepo(name string) {
	w.editRepo(name, func(r *repo) error { r.revoked = true; return nil })
}

// RestoreRepo undoes RevokeRepo.
func (w *World) RestoreRepo(name string) {
	w.editRepo(name, func(r *repo) error { r.revoked = false; return nil })
}

// DeleteRepo removes a repository for good.
func (w *World) DeleteRepo(name string) {
	w.editRepo(name, func(r *repo) error {
		for k, v := range w.byName {
			if v == r {
				delete(w.byName, k)
			}
		}
		delete(w.byID, r.id)
		for i, v := range w.repos {
			if v == r {
				w.repos = append(w.repos[:i:i], w.repos[i+1:]...)
				break
			}
		}
		for _, is := range r.issues {
			delete(w.byNode, is.pullID)
		}
		return nil
	})
}

// second is the resolution of every timestamp but those of commits' authors,
// which have it too but keep their zone.
func second(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}

// later returns at, or t when at is earlier: what was updated does not become
// older.
func later(t, at time.Time) time.Time {
	if at = second(at); at.After(t) {
		return at
	}
	return t
}
