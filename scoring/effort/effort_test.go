package effort

import (
	"strings"
	"testing"
)

func TestConfigValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Weights.Review = -1 }, "weight of review is -1"},
		{func(c *Config) { c.Weights.Code = 1001 }, "weight of code is 1001"},
		{func(c *Config) { c.Weights = Weights{} }, "all weights are 0"},
		{func(c *Config) { c.FullWeight = 0 }, "full weight is 0"},
		{func(c *Config) { c.WorkingDays = 8 }, "working days are 8"},
		{func(c *Config) { c.HoursPerDay = 0 }, "hours per day are 0"},
		{func(c *Config) { c.HoursPerDay = 25 }, "hours per day are 25"},
		{func(c *Config) { c.Model = NumModels }, "model is unknown"},
	} {
		config := DefaultConfig()
		c.change(&config)
		if err := config.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestParseModel(t *testing.T) {
	for name, want := range map[string]Model{"presence": ByPresence, "equal": Equal, "inter_event": InterEvent} {
		if got, err := ParseModel(name); err != nil || got != want {
			t.Errorf("ParseModel(%q) = %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "unknown", "Presence"} {
		if _, err := ParseModel(name); err == nil {
			t.Errorf("ParseModel(%q) has no error", name)
		}
	}
}
