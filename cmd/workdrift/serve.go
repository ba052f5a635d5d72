package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
)

// settleTime is how long the daemon lets changes gather before it evaluates.
const settleTime = 2 * time.Second

func newServeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the daemon: poll, evaluate, serve metrics and pages",
		Long: `Serve polls every configured source, evaluates what changed, and serves
/metrics, the pages, /-/healthy and /-/ready until it is stopped. At
/hooks/<connector> it takes the webhooks of connectors that have a secret for
them.

The API below /api/v1/ has everything that pages show; /api/v1/openapi.yaml
describes it. Who may read and who may triage stands in web.access.

SIGHUP, or POST /-/reload with web.enable_reload, reads the configuration again.
A file with an error changes nothing: the configuration before stays, and
workdrift_config_last_reload_successful turns 0. The sections storage, web and
log are read at the start only.

Under systemd with Type=notify it tells when it is ready and when it stops, and
feeds the watchdog as long as it can answer. deploy/systemd has a unit.

Beside the running daemon, "workdrift explain" and "workdrift backup" talk to it
over a socket in the storage directory.`,
		Example: "  workdrift serve --config /etc/workdrift/config.yaml",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(*path)
		if err != nil {
			return err
		}
		log := newLogger(cmd.ErrOrStderr(), cfg.Log)
		for _, w := range cfg.Warnings() {
			log.Warn(w)
		}
		if err := prepareDirectory(cfg.Storage.Directory); err != nil {
			return err
		}
		service, err := newManager(os.Getenv, os.Getpid())
		if err != nil {
			return err
		}
		defer service.Close() // datagrams are sent or not; there is nothing to flush
		d, err := newDaemon(cmd.Context(), cfg, daemonOptions{Log: log, Now: time.Now, Settle: settleTime})
		if err != nil {
			return err
		}
		d.service = service
		if err = d.evaluator.restore(cmd.Context()); err == nil {
			err = d.serve(cmd.Context(), cfg)
		}
		return errors.Join(err, d.Close())
	}
	return cmd
}

// serve runs the daemon with its listeners until the context ends.
func (d *daemon) serve(ctx context.Context, cfg *config.Config) error {
	// From here on a SIGHUP does not end the process.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	endpoints, err := d.endpoints(ctx, cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	wait.Go(func() { cancel(serveHTTP(ctx, d.log, endpoints...)) })
	wait.Go(func() { d.reloadOnSignal(ctx, hup) })
	wait.Go(func() {
		d.service.attend(ctx, d.log, func(ctx context.Context) error { return d.answers(ctx, cfg.Storage.Directory) })
	})
	wait.Go(func() { cancel(d.run(ctx)) })
	wait.Go(func() {
		if err := d.courier.Run(ctx); err != nil {
			cancel(err)
		}
		d.mailed().close()
	})
	wait.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	d.log.Info("stopped")
	return nil
}

// endpoints opens every listener, so that a taken port is told before anything
// else happens.
func (d *daemon) endpoints(ctx context.Context, cfg *config.Config) ([]endpoint, error) {
	pages, err := d.pages(ctx, cfg.Web)
	if err != nil {
		return nil, err
	}
	var list []endpoint
	open := func(e endpoint, address string) {
		if err != nil || address == "" {
			return
		}
		if e.listener, err = listen(ctx, "tcp", address); err == nil {
			list = append(list, e)
		}
	}
	open(endpoint{name: "web", handler: pages, webConfig: cfg.Web.ConfigFile}, cfg.Web.ListenAddress)
	open(endpoint{name: "probe", handler: web.Probes(d.evaluator.report.Load)}, cfg.Web.ProbeAddress)
	open(endpoint{name: "hooks", handler: d.hooks(cfg.Web), webConfig: cfg.Web.HooksConfigFile}, cfg.Web.HooksAddress)
	var control net.Listener
	if err == nil {
		control, err = listenControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket))
	}
	if err != nil {
		for _, e := range list {
			err = errors.Join(err, e.listener.Close())
		}
		return nil, err
	}
	list = append(list, endpoint{name: "control", listener: control, handler: d.control(), patient: true})
	d.warnOfLogin(cfg.Web)
	for _, e := range list {
		d.log.Info("listening", "for", e.name, "address", e.listener.Addr().String())
	}
	return list, nil
}

// reloadOnSignal reloads the configuration at each SIGHUP.
func (d *daemon) reloadOnSignal(ctx context.Context, hup <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			_ = d.reload(ctx) // logged and measured there
		}
	}
}
