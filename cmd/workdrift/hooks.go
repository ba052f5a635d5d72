package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/connectors"
)

// hooks returns the handler of webhook deliveries.
func (d *daemon) hooks(cfg config.Web) http.Handler {
	return web.NewHooks(web.HookOptions{Log: d.log, Now: d.now, Find: d.hook, BodyLimit: int64(cfg.HooksBodyLimit)})
}

// warnOfLogin tells when deliveries are configured that cannot arrive: sources
// do not log in.
func (d *daemon) warnOfLogin(cfg config.Web) {
	d.mu.Lock()
	defer d.mu.Unlock()
	takes := slices.ContainsFunc(d.pollers, func(p poller) bool { return p.receiver != nil })
	if takes && cfg.Login && cfg.HooksAddress == "" {
		d.log.Warn("webhooks will be refused: web.listen_address asks for a login; set web.hooks_address")
	}
}

// hook returns what takes the deliveries of an instance, and whether it does.
// It looks at the connectors of now, so a reload needs nothing else.
func (d *daemon) hook(instance string) (web.Hook, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.pollers {
		if p.receiver == nil || p.Status().Source != instance {
			continue
		}
		return web.Hook{
			Check:   func(h http.Header) error { return connectors.CheckHeader(p.receiver, h, d.now()) },
			Receive: func(h http.Header, body []byte) (web.Delivery, error) { return d.receive(p.receiver, h, body) },
			Hint:    p.Hint,
			Count:   func(o web.Outcome) { d.metrics.Delivered(instance, connectors.HookOutcome(o)) },
		}, true
	}
	return web.Hook{}, false
}

// receive verifies and reads a delivery.
func (d *daemon) receive(r connectors.Receiver, h http.Header, body []byte) (web.Delivery, error) {
	got, err := r.Receive(h, body, d.now())
	if errors.Is(err, connectors.ErrSignature) || errors.Is(err, connectors.ErrNoHook) {
		return web.Delivery{}, fmt.Errorf("%w: %w", web.ErrUnsigned, err)
	}
	return web.Delivery{ID: got.ID, Objects: got.Objects, Ignore: got.Ignore, Reply: got.Reply}, err
}
