package config

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/effort"
)

// settings checks what is neither declared work nor people.
func (d *decoder) settings(doc *document) {
	d.effort(doc.Effort)
	inRange(d, "decisions.stop_quiet_days", doc.Decisions.StopQuietDays, 1, 90)
	inRange(d, "decisions.grace_days", doc.Decisions.GraceDays, 0, 90)
	d.globs("decisions.paths", doc.Decisions.Paths)

	// Below three, a value about a group is one about a person to the other
	// member. A repository with few contributors may still show its mix of
	// work, which tells little about anybody: so k_effort may go down to one.
	inRange(d, "privacy.k_people", doc.Privacy.KPeople, 3, 1000)
	inRange(d, "privacy.k_effort", doc.Privacy.KEffort, 1, 1000)
	inRange(d, "privacy.dominance", doc.Privacy.Dominance, .1, 1)
	inRange(d, "privacy.min_person_days", doc.Privacy.MinPersonDays, 0, 1000)
	inRange(d, "privacy.ledger_retention_days", doc.Privacy.LedgerRetentionDays, 120, 3650)

	inRange(d, "attribution.threshold", doc.Attribution.Threshold, .05, 1)
	d.oneOf("attribution.text", doc.Attribution.Text, scoring.TextModes())
	// Below one half a guess need not be the likelier one, and no number of
	// judged works shows that all guesses are right.
	inRange(d, "attribution.target_precision", doc.Attribution.TargetPrecision, .5, .99)
	inRange(d, "attribution.min_labels", doc.Attribution.MinLabels, 50, 100_000)

	inRange(d, "alerts.top_objectives_effort", doc.Alerts.TopObjectivesEffort, 0, 1)
	inRange(d, "alerts.shadow_effort", doc.Alerts.ShadowEffort, 0, 1)
	inRange(d, "alerts.allocation_gap", doc.Alerts.AllocationGap, 0, 1)
	inRange(d, "alerts.priority_inversion", doc.Alerts.PriorityInversion, 0, 1)
	inRange(d, "alerts.effort_coverage", doc.Alerts.EffortCoverage, 0, 1)
	d.profile(doc.Profile)

	d.required("storage", "directory", doc.Storage.Directory)
	d.oneOf("log.level", doc.Log.Level, []string{"debug", "info", "warn", "error"})
	d.oneOf("log.format", doc.Log.Format, []string{"text", "json"})
}

// words says what guesses from words may do.
func (a attributing) words() scoring.Text {
	mode := max(0, slices.Index(scoring.TextModes(), a.Text))
	return scoring.Text{Mode: scoring.TextMode(mode), Precision: a.TargetPrecision, Labels: a.MinLabels}
}

func (d *decoder) effort(in effortModel) effort.Config {
	models := make([]string, effort.NumModels)
	for m := range models {
		models[m] = effort.Model(m).String()
	}
	d.oneOf("effort.model", in.Model, models)
	w := in.Weights
	inRange(d, "effort.weights.code", w.Code, 0, 100)
	inRange(d, "effort.weights.review", w.Review, 0, 100)
	inRange(d, "effort.weights.ticket", w.Ticket, 0, 100)
	inRange(d, "effort.weights.discussion", w.Discussion, 0, 100)
	if w == (weights{}) {
		d.errorf("effort.weights", "all are 0, so no work would count")
	}
	inRange(d, "effort.full_weight", in.FullWeight, 1, 100)
	inRange(d, "effort.hours_per_day", in.HoursPerDay, 1, 24)
	inRange(d, "effort.working_days", in.WorkingDays, 1, 7)

	out := effort.DefaultConfig()
	out.Weights = effort.Weights{Code: w.Code, Review: w.Review, Ticket: w.Ticket, Discussion: w.Discussion}
	out.FullWeight, out.HoursPerDay, out.WorkingDays = in.FullWeight, in.HoursPerDay, in.WorkingDays
	if model, err := effort.ParseModel(in.Model); err == nil {
		out.Model = model
	}
	return out
}

func (d *decoder) windows(in windows) scoring.Windows {
	for i, label := range in.Labels {
		path := fmt.Sprintf("windows.labels[%d]", i)
		if d.oneOf(path, label, windowLabels()) && slices.Index(in.Labels, label) < i {
			d.errorf(path, "is listed twice")
		}
	}
	if len(in.Labels) == 0 {
		d.errorf("windows.labels", "name at least one of %s", strings.Join(windowLabels(), ", "))
	}
	inRange(d, "windows.fiscal_year_start_month", in.FiscalYearStartMonth, 1, 12)
	between(d, "windows.close_grace", in.CloseGrace, 0, 48*time.Hour, "0s", "48h")
	between(d, "windows.freeze_after", in.FreezeAfter, 24*time.Hour, 28*24*time.Hour, "1d", "28d")
	return scoring.Windows{
		Labels: in.Labels, FiscalYearStartMonth: time.Month(in.FiscalYearStartMonth),
		CloseGrace: in.CloseGrace, FreezeAfter: in.FreezeAfter,
	}
}

// web checks who may reach the server.
func (d *decoder) web(w *Web, resolve func(string) string, read func(string) ([]byte, error)) {
	w.ConfigFile = resolve(w.ConfigFile)
	inRange(d, "web.metrics_series_limit", w.MetricsSeriesLimit, 100, 1_000_000)
	for i, h := range w.AllowedHosts {
		if strings.ContainsAny(h, "/*@ ") || strings.Contains(h, "://") {
			d.errorf(fmt.Sprintf("web.allowed_hosts[%d]", i), "is no host name; write it without scheme, path and wildcards")
		}
	}
	d.hooks(w, resolve)
	var file []byte
	var unread error
	if w.ConfigFile != "" {
		file, unread = read(w.ConfigFile)
		w.Login = unread == nil && authenticates(file)
	}
	d.access(w, resolve)
	if unread == nil && asksPasswords(file) && len(w.Access.Users)+len(w.Access.Clients) > 0 {
		d.errorf("web.access", "web_config_file asks for passwords already (basic_auth_users), before this could; keep one of the two")
	}
	if d.has("web.access.login_role") && !w.Login && unread == nil {
		d.errorf("web.access.login_role", "is for whom web_config_file lets in, and it asks nobody to log in")
	}
	local := d.address("web.listen_address", w.ListenAddress)
	if w.ProbeAddress != "" {
		d.address("web.probe_address", w.ProbeAddress)
		if w.ProbeAddress == w.ListenAddress {
			d.errorf("web.probe_address", "is the same as listen_address")
		}
	}
	w.loopback = local
	w.Local = local && !w.AllowUnauthenticated && len(w.AllowedHosts) == 0
	if local || w.AllowUnauthenticated || w.Access.Configured() || d.bad["web.listen_address"] {
		return
	}
	if w.ConfigFile == "" {
		d.errorf("web.listen_address", "others can reach this address and nobody would have to log in; "+
			"listen on 127.0.0.1, say in access who may, give a web_config_file with basic_auth_users, or set allow_unauthenticated: true")
		return
	}
	if unread != nil {
		d.errorf("web.web_config_file", "cannot be read: %v", reason(unread))
	} else if !w.Login {
		d.errorf("web.web_config_file", "asks nobody to log in, and others can reach listen_address; "+
			"add basic_auth_users or client certificates there, or set allow_unauthenticated: true")
	}
}

// hooks checks where deliveries of webhooks are taken. They need no login, so
// everybody may reach their address: each is signed.
func (d *decoder) hooks(w *Web, resolve func(string) string) {
	w.HooksConfigFile = resolve(w.HooksConfigFile)
	inRange(d, "web.hooks_body_limit", w.HooksBodyLimit, 64<<10, 25<<20)
	if w.HooksAddress == "" {
		if w.HooksConfigFile != "" {
			d.errorf("web.hooks_web_config_file", "is for hooks_address, which is not given")
		}
		return
	}
	d.address("web.hooks_address", w.HooksAddress)
	if w.HooksAddress == w.ListenAddress || w.HooksAddress == w.ProbeAddress {
		d.errorf("web.hooks_address", "is the same as another address")
	}
}

// authenticates tells whether a web configuration file of the
// exporter-toolkit asks for a password or a client certificate.
func authenticates(raw []byte) bool {
	var file struct {
		Users map[string]string `yaml:"basic_auth_users"`
		TLS   struct {
			ClientAuth string `yaml:"client_auth_type"`
		} `yaml:"tls_server_config"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return false // the toolkit says what is wrong with it
	}
	return len(file.Users) > 0 || file.TLS.ClientAuth == "RequireAndVerifyClientCert"
}

// address checks a host and port and tells whether only this machine can reach
// it.
func (d *decoder) address(path, address string) (local bool) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		d.errorf(path, "is no address; write a host and a port, such as 127.0.0.1:9797")
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// globs checks a list of path patterns.
func (d *decoder) globs(path string, patterns []string) {
	for i, p := range patterns {
		if !validGlob(p) {
			d.errorf(fmt.Sprintf("%s[%d]", path, i), "is no valid glob")
		}
	}
}

// reason shortens a file error to what went wrong: the message names the path
// already.
func reason(err error) string {
	switch {
	case os.IsNotExist(err):
		return "it does not exist"
	case os.IsPermission(err):
		return "permission denied"
	}
	return err.Error()
}
