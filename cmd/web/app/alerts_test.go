package app

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	dto "github.com/prometheus/client_model/go"
)

// alarms is a rules file of Prometheus.
type alarms struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []struct {
			Alert       string            `yaml:"alert"`
			Expr        string            `yaml:"expr"`
			For         string            `yaml:"for"`
			Labels      map[string]string `yaml:"labels"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

var (
	metricName = regexp.MustCompile(`\bsegno_[a-z0-9_]+`)
	selector   = regexp.MustCompile(`(\bsegno_[a-z0-9_]+)\{([^}]*)\}`)
	condition  = regexp.MustCompile(`^(\w+)(=|!=)"([^"]*)"$`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// family is the metric that a name in an expression belongs to: a histogram has three.
func family(families map[string]*dto.MetricFamily, name string) *dto.MetricFamily {
	for _, suffix := range []string{"", "_bucket", "_count", "_sum"} {
		if f := families[strings.TrimSuffix(name, suffix)]; f != nil && strings.HasSuffix(name, suffix) {
			return f
		}
	}
	return nil
}

// checkDocuments holds the alarms and docs/operations.md against what a server says.
func checkDocuments(t *testing.T, families map[string]*dto.MetricFamily) {
	docs := filepath.Join("..", "..", "..", "docs")
	text, err := os.ReadFile(filepath.Join(docs, "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
		headings[strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if strings.HasPrefix(name, "segno_") && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/operations.md says nothing of %s", name)
		}
	}
	for _, name := range metricName.FindAllString(string(text), -1) {
		if family(families, name) == nil {
			t.Errorf("docs/operations.md speaks of %s, and there is no such metric", name)
		}
	}

	raw, err := os.ReadFile(filepath.Join(docs, "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file alarms
	if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
		t.Fatalf("docs/alerts.yml: %v", err)
	}
	seen := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if seen[r.Alert] || r.Alert == "" || g.Name == "" {
				t.Errorf("%s: there are two, or it has no name or group", r.Alert)
			}
			seen[r.Alert] = true
			names := metricName.FindAllString(r.Expr, -1)
			if len(names) == 0 && !strings.HasPrefix(r.Expr, "up{") {
				t.Errorf("%s asks for no metric: %s", r.Alert, r.Expr)
			}
			for _, name := range names {
				if family(families, name) == nil {
					t.Errorf("%s asks for %s, which /metrics does not have", r.Alert, name)
				}
			}
			for _, m := range selector.FindAllStringSubmatch(r.Expr, -1) {
				for _, part := range strings.Split(m[2], ",") {
					c := condition.FindStringSubmatch(part)
					if c == nil || !hasLabel(family(families, m[1]), c[1], c[3]) {
						t.Errorf("%s asks for %s{%s}, and no metric of that name has such a label", r.Alert, m[1], part)
					}
				}
			}
			if strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") {
				t.Errorf("%s: its brackets don't match: %s", r.Alert, r.Expr)
			}
			if s := r.Labels["severity"]; s != "critical" && s != "warning" || r.Annotations["summary"] == "" {
				t.Errorf("%s has severity %q and summary %q, want both", r.Alert, s, r.Annotations["summary"])
			}
			_, anchor, _ := strings.Cut(r.Annotations["runbook_url"], "docs/operations.md#")
			if anchor != strings.ToLower(r.Alert) || !headings[anchor] {
				t.Errorf("%s links to %q, want its own paragraph in docs/operations.md", r.Alert, r.Annotations["runbook_url"])
			}
		}
	}
	for h := range headings {
		if strings.HasPrefix(h, "segno") && !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(a string) bool { return strings.ToLower(a) == h }) {
			t.Errorf("docs/operations.md explains %s, and there is no such alarm", h)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if !headings[m[1]] {
			t.Errorf("docs/operations.md links to #%s, and has no such heading", m[1])
		}
	}
	if len(seen) < 15 {
		t.Errorf("got %d alarms, want all", len(seen))
	}
}

func hasLabel(f *dto.MetricFamily, name, value string) bool {
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == name && l.GetValue() == value {
				return true
			}
		}
	}
	return false
}
