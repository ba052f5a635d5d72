package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// controlSocket is the name of the daemon's socket in the storage directory.
// While the daemon runs it alone holds the database, so other commands ask it.
const controlSocket = "control.sock"

// listenControl opens the socket, for the owner only. A socket that a killed
// daemon left behind is replaced: the database lock has shown that no other
// daemon runs.
func listenControl(ctx context.Context, path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replace the control socket: %w", err)
	}
	l, err := listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("restrict the control socket: %w", err), l.Close())
	}
	return l, nil
}

// control serves the commands that run beside the daemon.
func (d *daemon) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /explain", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		answer, err := d.evaluator.explain(r.Context(), q.Get("what"), q.Get("window"))
		reply(w, answer, err)
	})
	mux.HandleFunc("GET /past", d.tellPast)
	mux.HandleFunc("GET /alive", func(w http.ResponseWriter, r *http.Request) {
		reply(w, struct{}{}, d.alive(r.Context()))
	})
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) {
		err := d.store.Backup(r.Context(), r.URL.Query().Get("file"))
		reply(w, struct{}{}, err)
	})
	mux.HandleFunc("GET /identities", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		cfg := d.config
		d.mu.Unlock()
		answer, err := identities(r.Context(), d.store, cfg)
		reply(w, answer, err)
	})
	mux.HandleFunc("POST /identities/forget", func(w http.ResponseWriter, r *http.Request) {
		reply(w, struct{}{}, forgetIdentities(r.Context(), d.store))
	})
	mux.HandleFunc("GET /declarations", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		cfg := d.config
		d.mu.Unlock()
		answer, err := listEdits(r.Context(), d.store, declaredOf(cfg, d.store.Hasher()), d.now())
		reply(w, answer, err)
	})
	mux.HandleFunc("GET /history", func(w http.ResponseWriter, r *http.Request) {
		weeks, err := strconv.Atoi(r.URL.Query().Get("weeks"))
		if err != nil {
			reply(w, nil, fmt.Errorf("weeks: %w", err))
			return
		}
		answer, err := d.evaluator.tellWeeks(r.Context(), min(max(weeks, 1), maxHistory))
		reply(w, answer, err)
	})
	mux.HandleFunc("GET /brief", d.tellBrief)
	mux.HandleFunc("POST /brief/deliver", d.deliverAgain)
	mux.HandleFunc("POST /declarations/import", func(w http.ResponseWriter, r *http.Request) {
		answer, err := d.importDeclarations(r.Context())
		reply(w, answer, err)
	})
	mux.HandleFunc("POST /checkin", func(w http.ResponseWriter, r *http.Request) {
		reply(w, struct{}{}, d.checkIn(r.Context(), r.URL.Query()))
	})
	if d.tell != nil {
		mux.HandleFunc("POST /demo", func(w http.ResponseWriter, r *http.Request) {
			reply(w, struct{}{}, d.tell(r.URL.Query()))
		})
	}
	return mux
}

// importDeclarations imports what was declared before and takes it into account.
func (d *daemon) importDeclarations(ctx context.Context) (imported, error) {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	d.mu.Lock()
	cfg := d.config
	d.mu.Unlock()
	done, err := importDeclarations(ctx, d.store, cfg, d.now())
	if err == nil {
		err = d.evaluator.declare(ctx, declaredOf(cfg, d.store.Hasher()))
	}
	if err == nil {
		d.evaluator.hurry()
	}
	return done, err
}

// checkIn keeps the report of a checkin command.
func (d *daemon) checkIn(ctx context.Context, q url.Values) error {
	c := checkIn{objective: q.Get("objective"), as: q.Get("as"), cites: q.Get("cites") == "true"}
	var err error
	if c.confidence, err = parseConfidence(q.Get("confidence")); err != nil {
		return err
	}
	d.mu.Lock()
	cfg := d.config
	d.mu.Unlock()
	if err := c.check(&cfg.Declared(nil, nil).Set); err != nil {
		return err
	}
	if err := c.keep(ctx, d.store, d.now()); err != nil {
		return err
	}
	d.evaluator.nudge()
	return nil
}

// reply sends an answer, or what went wrong as plain text.
func reply(w http.ResponseWriter, answer any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the client sees a cut answer
}

// A controlClient talks to a running daemon.
type controlClient struct{ http *http.Client }

// dialControl returns a client for the daemon that serves a storage directory,
// or nil when none runs.
func dialControl(ctx context.Context, socket string) *controlClient {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	probe, err := dial(ctx, "", "")
	if err != nil {
		return nil
	}
	probe.Close()
	return &controlClient{&http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: 10 * time.Minute}}
}

// call sends a request and decodes the answer.
func (c *controlClient) call(ctx context.Context, method, path string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://workdrift"+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the running daemon: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(body)))
	}
	return json.Unmarshal(body, into)
}
