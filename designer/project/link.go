package project

import (
	"cmp"
	"slices"
	"sync"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

// links is what the flows of a folder look like to each other, found out when it is first asked for.
type links struct {
	once sync.Once
	own  map[edition]*check.Signature
}

// edition is a flow of a project: 0 for the one of the folder, which has no version yet.
type edition struct {
	name    string
	version int
}

// ServerFlows are the published flows of a server, which the flows of a folder may run, too.
type ServerFlows struct {
	Signature func(name string, version int) *check.Signature // 0: the latest; nil: there is none
	Names     []string
}

// WithFlows is p with the flows of a server. Where p has a flow of the name, that counts for a step that names no version.
func (p *Project) WithFlows(s ServerFlows) *Project {
	out := *p
	out.links, out.server = &links{}, &s
	return &out
}

// Of is a project that stands in no folder: functions and flows whose Source and Def are known, the flows as each other's catalogue.
func Of(functions []flow.Function, flows []FlowFile) *Project {
	return &Project{Functions: functions, Flows: flows, Inputs: map[string][]byte{}, links: &links{}}
}

// Flow implements check.Catalog: a flow of the folder, which has no version yet, or one of the server's. A version by its number is known to the server
// alone; without one, and for the number that applying the folder will give, the folder's text stands for it as far as it can.
func (p *Project) Flow(name string, version int) *check.Signature {
	return p.signature(name, version, p.own)
}

func (p *Project) signature(name string, version int, own func(edition) *check.Signature) *check.Signature {
	here := p.links != nil && p.File(name) != nil
	if here && version == 0 {
		return own(edition{name, 0})
	}
	if version > 0 && p.links != nil && p.version(name, version) != nil {
		return own(edition{name, version})
	}
	unread := p.links != nil && !here && p.Unread(name) != nil // of such a flow nothing is known, but it is there
	if p.server == nil {
		if here || unread {
			return &check.Signature{Flow: name, Version: version}
		}
		return nil
	}
	if s := p.server.Signature(name, version); s != nil || !here && !unread {
		return s
	}
	if unread {
		return &check.Signature{Flow: name, Version: version}
	}
	next := 1
	if latest := p.server.Signature(name, 0); latest != nil {
		next = latest.Version + 1
	}
	if version != next {
		return nil
	}
	s := *own(edition{name, 0})
	s.Version = version
	return &s
}

// FlowNames lists the flows of the folder and of the server, sorted.
func (p *Project) FlowNames() []string {
	var names []string
	for i := range p.Flows {
		if d := p.Flows[i].Def; d != nil && d.Name != "" {
			names = append(names, d.Name)
		}
	}
	if p.server != nil {
		names = append(names, p.server.Names...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// version is the text of a published version; nil: it is not known here.
func (p *Project) version(name string, version int) *FlowFile {
	for i := range p.Flows {
		if f := &p.Flows[i]; f.Version == version && f.Def != nil && f.Def.Name == name {
			return f
		}
	}
	return nil
}

// Edition is the text of a flow in a version, as a step runs it: that of the folder for 0, and where the version is not known. Nil: there is none.
func (p *Project) Edition(name string, version int) *FlowFile {
	if f := p.version(name, version); f != nil {
		return f
	}
	return p.File(name)
}

// CatalogOf is what a text is checked against: p, with the versions that the text is pinned to.
func (p *Project) CatalogOf(f *FlowFile) check.Catalog { return pinned{p, f.Pins} }

// pinned is a catalogue for a text that names no versions.
type pinned struct {
	check.Catalog
	pins map[string]int
}

// Flow implements check.Catalog.
func (c pinned) Flow(name string, version int) *check.Signature {
	return c.Catalog.Flow(name, cmp.Or(version, c.pins[name]))
}

// runs lists the flows that a text runs and that are here.
func (p *Project) runs(f *FlowFile) []edition {
	var out []edition
	if f.Def == nil {
		return nil
	}
	for i := range f.Def.Steps {
		s := f.Def.Steps[i].Sub
		if s == nil || s.Flow == "" {
			continue
		}
		e := edition{s.Flow, cmp.Or(s.Version, f.Pins[s.Flow])}
		if p.version(e.name, e.version) == nil {
			e.version = 0
		}
		if p.Edition(e.name, e.version) != nil && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// own is the signature of a flow of the folder.
func (p *Project) own(e edition) *check.Signature {
	p.links.once.Do(func() {
		l := &linking{Project: p, done: map[edition]*check.Signature{}}
		for i := range p.Flows {
			for _, child := range p.runs(&p.Flows[i]) {
				l.find(child)
			}
		}
		p.links.own = l.done
	})
	if s := p.links.own[e]; s != nil {
		return s
	}
	return &check.Signature{Flow: e.name, Version: e.version} // named by a text that is not in the folder
}

// linking finds the signatures of a folder's flows, each once, children first. In a circle, of the flow that closes it nothing is known yet but its
// name when it is asked for; in the end its signature is whole, and everybody in the circle is told.
type linking struct {
	*Project
	done map[edition]*check.Signature
}

func (l *linking) find(e edition) *check.Signature {
	if s := l.done[e]; s != nil {
		return s
	}
	s := &check.Signature{Flow: e.name, Version: e.version}
	l.done[e] = s
	f := l.Edition(e.name, e.version)
	if found, _ := check.SignatureOf(f.Source, e.version, pinned{l, f.Pins}); found != nil {
		*s = *found
	}
	return s
}

// Flow implements check.Catalog.
func (l *linking) Flow(name string, version int) *check.Signature {
	return l.signature(name, version, l.find)
}

// children lists the flows that a definition runs, each once, in written order.
func children(d *flow.Definition) []string {
	var names []string
	if d == nil {
		return nil
	}
	for i := range d.Steps {
		if s := d.Steps[i].Sub; s != nil && s.Flow != "" && !slices.Contains(names, s.Flow) {
			names = append(names, s.Flow)
		}
	}
	return names
}

// Children lists the flows of the folder that the flow of that name runs.
func (p *Project) Children(name string) []string {
	f := p.File(name)
	if f == nil {
		return nil
	}
	return slices.DeleteFunc(children(f.Def), func(child string) bool { return p.File(child) == nil })
}

// Ordered lists the flows of the folder so that each stands behind those that it runs; else by path. Of flows with one name the first counts.
func (p *Project) Ordered() []*FlowFile {
	var out []*FlowFile
	seen := map[string]bool{}
	var add func(name string)
	add = func(name string) {
		if name == "" || seen[name] {
			return
		}
		seen[name] = true
		for _, child := range p.Children(name) {
			add(child)
		}
		out = append(out, p.File(name))
	}
	for i := range p.Flows {
		if d := p.Flows[i].Def; d != nil {
			add(d.Name)
		}
	}
	return out
}
