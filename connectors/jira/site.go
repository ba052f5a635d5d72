package jira

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	gojira "github.com/andygrunwald/go-jira"

	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/store"
)

// The schemas by which fields are found, whatever they are called.
const (
	schemaSprint     = "com.pyxis.greenhopper.jira:gh-sprint"
	schemaEpicLink   = "com.pyxis.greenhopper.jira:gh-epic-link"
	schemaEpicName   = "com.pyxis.greenhopper.jira:gh-epic-label"
	schemaParentLink = "com.atlassian.jpo:jpo-custom-field-parent"
	schemaDevSummary = "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummarycf"
)

// A site is what was learned of a server before anything was read from it.
type site struct {
	cloud       bool
	home        string // where people browse, without a slash at the end
	zone        string // of the account that reads, an IANA name
	fields      fieldIDs
	statuses    map[string]store.Status // by id
	statusNames map[string]store.Status // by name in lower case
}

// fieldIDs are the ids of custom fields.
type fieldIDs struct {
	sprints    []string
	parents    []string // epic link and parent link
	epicNames  []string
	devSummary []string
	checkins   []string
	criteria   []string
	mapped     map[string][]string // by attribute
	names      map[string][]string // ids by name in lower case
}

// is reports whether a change is of one of the fields. Data Center names the
// field in its changes and leaves the id out.
func (f *fieldIDs) is(ids []string, c *wireChange) bool {
	if c.FieldID != "" {
		return slices.Contains(ids, c.FieldID)
	}
	for _, id := range f.names[strings.ToLower(c.Field)] {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return slices.Contains(ids, c.Field)
}

// browse is the address of an issue for people. The addresses in answers are
// those of the API gateway.
func (s *site) browse(key string) string {
	if s.home == "" {
		return ""
	}
	return s.home + "/browse/" + key
}

// probe learns what kind of server this is, who reads, and what its fields and
// statuses are.
func (c *connector) probe(ctx context.Context) (*site, error) {
	s := &site{statuses: map[string]store.Status{}, statusNames: map[string]store.Status{}}
	var info struct {
		BaseURL        string `json:"baseUrl"`
		DeploymentType string `json:"deploymentType"`
	}
	rep, err := c.api.get(ctx, "rest/api/2/serverInfo", nil)
	if err != nil {
		return nil, err
	}
	if err := rep.object(&info, "baseUrl"); err != nil {
		return nil, err
	}
	s.cloud = strings.EqualFold(info.DeploymentType, "Cloud")
	if u, err := url.Parse(info.BaseURL); err == nil && u.Host != "" {
		s.home = strings.TrimRight(info.BaseURL, "/")
	}
	if s.zone, err = c.whoAmI(ctx); err != nil {
		return nil, err
	}
	if err := c.readFields(ctx, s); err != nil {
		return nil, err
	}
	return s, c.readStatuses(ctx, s)
}

// whoAmI proves that the credential is valid and returns the account's zone.
// Searches do not tell: they answer strangers with an empty list.
func (c *connector) whoAmI(ctx context.Context) (zone string, err error) {
	if !c.api.signed() {
		return "", nil
	}
	rep, err := c.api.get(ctx, "rest/api/2/myself", nil)
	if err != nil {
		return "", err
	}
	var me wireUser
	if err := rep.object(&me); err != nil {
		return "", err
	}
	if actorOf(&me) == "" {
		return "", &connectors.Error{Reason: connectors.ReasonAuth, Err: errors.New("GET rest/api/2/myself: the server does not know who asks")}
	}
	return me.TimeZone, nil
}

// readFields finds the custom fields by their schemas and configured names.
func (c *connector) readFields(ctx context.Context, s *site) error {
	rep, err := c.api.get(ctx, "rest/api/2/field", nil)
	if err != nil {
		return err
	}
	var all []gojira.Field
	if err := rep.array(&all); err != nil {
		return err
	}
	f := &s.fields
	f.names, f.mapped = map[string][]string{}, map[string][]string{}
	for _, w := range all {
		name := strings.ToLower(w.Name)
		f.names[name] = append(f.names[name], w.ID)
		switch w.Schema.Custom {
		case schemaSprint:
			f.sprints = append(f.sprints, w.ID)
		case schemaEpicLink, schemaParentLink:
			f.parents = append(f.parents, w.ID)
		case schemaEpicName:
			f.epicNames = append(f.epicNames, w.ID)
		case schemaDevSummary:
			f.devSummary = append(f.devSummary, w.ID)
		}
	}
	find := func(key, want string) []string {
		ids := f.names[strings.ToLower(want)]
		for _, w := range all {
			if w.ID == want {
				ids = []string{want}
			}
		}
		if len(ids) == 0 {
			c.env.Log.Warn("there is no such field", "source", c.env.Source, "setting", key, "field", want)
		}
		return ids
	}
	for name, want := range c.cfg.Fields {
		f.mapped[name] = find("fields", want)
	}
	if c.cfg.CriteriaField != "" {
		f.criteria = find("criteria_field", c.cfg.CriteriaField)
	}
	if c.cfg.CheckinField != "" {
		f.checkins = find("checkin_field", c.cfg.CheckinField)
	}
	return nil
}

// readStatuses learns the categories of statuses, which changes name by id
// only. Where the list is not served, those of the issues themselves must do.
func (c *connector) readStatuses(ctx context.Context, s *site) error {
	rep, err := optional(c.api.get(ctx, "rest/api/2/status", nil))
	if err != nil {
		return err
	}
	if rep.status == http.StatusNotFound || rep.status == http.StatusForbidden {
		return nil
	}
	var all []wireStatus
	if err := rep.array(&all); err != nil {
		return err
	}
	for _, w := range all {
		s.learn(w)
	}
	return nil
}

// learn keeps the category of a status. A name that stands for statuses of
// several categories stands for none.
func (s *site) learn(w wireStatus) {
	if w.ID == "" || w.Category.Key == "" {
		return
	}
	category := categoryOf(w.Category.Key)
	s.statuses[string(w.ID)] = category
	name := strings.ToLower(w.Name)
	if old, ok := s.statusNames[name]; ok && old != category {
		category = ""
	}
	s.statusNames[name] = category
}

// searchFields are the fields that an issue is read with.
func (s *site) searchFields() []string {
	fields := []string{
		"summary", "description", "issuetype", "status", "resolution", "resolutiondate", "project", "components", "labels",
		"fixVersions", "created", "updated", "creator", "reporter", "assignee", "parent", "issuelinks", "comment", "worklog",
	}
	f := &s.fields
	lists := [][]string{f.sprints, f.parents, f.epicNames, f.devSummary, f.checkins, f.criteria}
	for _, ids := range f.mapped {
		lists = append(lists, ids)
	}
	for _, id := range slices.Sorted(slices.Values(slices.Concat(lists...))) {
		if !slices.Contains(fields, id) {
			fields = append(fields, id)
		}
	}
	return fields
}
