package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A manager is the service manager that started the process, if it wants to
// hear from it: systemd with Type=notify, or what speaks its protocol. That is
// a datagram with an assignment, sent to the socket in NOTIFY_SOCKET. A nil
// manager hears nothing.
type manager struct {
	socket net.Conn
	// patience is how long the manager waits for a sign of life before it kills
	// the process; 0 when it expects none.
	patience time.Duration
}

// newManager connects to the manager that the environment names, and returns
// nil when it names none.
func newManager(getenv func(string) string, pid int) (*manager, error) {
	name := getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil, nil
	}
	if !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "@") {
		return nil, fmt.Errorf("NOTIFY_SOCKET is %q, want a path or an abstract name", name)
	}
	patience, err := watchdog(getenv, pid)
	if err != nil {
		return nil, err
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Net: "unixgram", Name: name})
	if err != nil {
		return nil, fmt.Errorf("connect to the service manager: %w", err)
	}
	return &manager{socket, patience}, nil
}

// watchdog reads how often a sign of life is expected of this process.
func watchdog(getenv func(string) string, pid int) (time.Duration, error) {
	text := getenv("WATCHDOG_USEC")
	if text == "" {
		return 0, nil
	}
	// The variables of a parent that did not remove them are not for us.
	if whom := getenv("WATCHDOG_PID"); whom != "" && whom != strconv.Itoa(pid) {
		return 0, nil
	}
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil || micros <= 0 || micros > int64(24*time.Hour/time.Microsecond) {
		return 0, fmt.Errorf("WATCHDOG_USEC is %q, want microseconds up to a day", text)
	}
	return time.Duration(micros) * time.Microsecond, nil
}

// attend tells the manager that the service is ready, gives signs of life until
// the context ends, and tells that the service stops. A sign is given only
// after the daemon has answered: a program that merely has not ended is no
// proof.
func (m *manager) attend(ctx context.Context, log *slog.Logger, answers func(context.Context) error) {
	if m == nil {
		return
	}
	tell := func(state string) {
		if _, err := m.socket.Write([]byte(state)); err != nil {
			log.Warn("the service manager was not told", "state", state, "err", err)
		}
	}
	tell("READY=1")
	defer tell("STOPPING=1")
	if m.patience == 0 {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(m.patience / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		attempt, stop := context.WithTimeout(ctx, m.patience/2)
		err := answers(attempt)
		stop()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("the daemon does not answer itself, so its watchdog gets no sign of life", "err", err)
		default:
			tell("WATCHDOG=1")
		}
	}
}

// Close ends the connection.
func (m *manager) Close() error {
	if m == nil {
		return nil
	}
	return m.socket.Close()
}

// answers asks the daemon over its own socket whether it can take its locks and
// read its store, as whatever it is there for must.
func (d *daemon) answers(ctx context.Context, directory string) error {
	self := dialControl(ctx, filepath.Join(directory, controlSocket))
	if self == nil {
		return errors.New("nothing listens on the control socket")
	}
	defer self.http.CloseIdleConnections()
	return self.call(ctx, "GET", "/alive", nil, &struct{}{})
}

// alive is the other end of answers.
func (d *daemon) alive(ctx context.Context) error {
	_ = d.sources() // which waits for the locks of the daemon and its pollers
	_, _, err := d.store.Find(ctx, 1)
	return err
}
