package discovery

import (
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
)

// How a key is treated. Consul compares keys without regard to case.
type use uint8

const (
	unknown use = iota
	used
	ignored // Consul's business, such as checks: weir sends its own heartbeats
)

var fileKeys = map[string]use{"service": used, "services": used, "check": ignored, "checks": ignored}

var serviceKeys = map[string]use{
	"id": used, "name": used, "address": used, "port": used, "tags": used, "meta": used, "weights": used, "kind": used,

	"check": ignored, "checks": ignored, "connect": ignored, "proxy": ignored, "token": ignored,
	"enable_tag_override": ignored, "enabletagoverride": ignored,
	"tagged_addresses": ignored, "taggedaddresses": ignored,
	"socket_path": ignored, "socketpath": ignored,
	"locality": ignored, "ports": ignored, "namespace": ignored, "partition": ignored,
}

var weightKeys = map[string]use{"passing": used, "warning": used}

// each calls f for the members that weir uses, in lower case, and reports
// unknown keys and, but for repeat, keys given twice.
func (d *decoder) each(members []member, keys map[string]use, repeat string, f func(key string, m member)) {
	seen := map[string]hcl.Range{}
	for _, m := range members {
		key := strings.ToLower(m.key)
		switch keys[key] {
		case unknown:
			d.fail(m.at, "unknown key %q%s", m.key, suggest(key, keys))
		case used:
			if first, twice := seen[key]; twice && key != repeat {
				hint := ""
				if key == "service" {
					hint = `: several stand in "services"`
				}
				d.fail(m.at, "second %q after the one at %s%s", m.key, place(first), hint)
				continue
			}
			seen[key] = m.at
			if !null(m.val) {
				f(key, m)
			}
		}
	}
}

// suggest says what was probably meant, or what there is.
func suggest(key string, keys map[string]use) string {
	var read []string
	best, distance := "", 3 // more than two slips make another word
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if keys[k] == used {
			read = append(read, k)
		}
		// In short words two slips make another word too, such as "port" of "host".
		if n := levenshtein.Distance(key, k, nil); n < distance && len(key) > 2 && (n == 1 || k[0] == key[0]) {
			best, distance = k, n
		}
	}
	switch {
	case best != "":
		return `; did you mean "` + best + `"?`
	case keys["services"] == used && serviceKeys[key] != unknown:
		return `; a definition stands inside "service" or "services"`
	}
	return "; weir reads " + strings.Join(read, ", ")
}

// file decodes the whole file.
func (d *decoder) file(root value) {
	members, _ := d.members(root, "a definition file")
	// Several services blocks are fine, but Consul takes one service block only.
	d.each(members, fileKeys, "services", func(key string, m member) {
		if key == "service" || m.val.body != nil {
			d.service(m.val)
			return
		}
		elements, _ := d.elements(m)
		for _, e := range elements {
			d.service(e)
		}
	})
}

func (d *decoder) service(v value) {
	bad := len(d.problems)
	members, _ := d.members(v, "a service")
	def := definition{at: v.at}
	in := Instance{Host: "127.0.0.1", Passing: 1, Warning: 1, Status: Passing} // a file has no node whose address could stand in
	kind, idAt := "", hcl.Range{}
	d.each(members, serviceKeys, "", func(key string, m member) {
		switch key {
		case "id":
			in.Service, idAt = d.text(m.val, key), m.val.at
		case "name":
			def.service, def.at = d.text(m.val, key), m.val.at
		case "address":
			d.address(m.val, &in.Host)
		case "port":
			in.Port = d.number(m.val, key, 65535)
		case "tags":
			def.tags = d.texts(m)
		case "meta":
			def.meta = d.textMap(m)
		case "weights":
			d.weights(m.val, &in)
		case "kind":
			kind = d.text(m.val, key)
		}
	})
	if len(d.problems) > bad {
		return
	}
	if def.service == "" {
		d.fail(def.at, "a service needs a name")
		return
	}
	if in.Service == "" {
		in.Service = def.service
	} else {
		def.at = idAt
	}
	switch {
	case kind != "":
		def.skip = "it is a " + kind + ", not a plain service"
	case in.Port == 0:
		def.skip = "it has no port"
	}
	def.instance = in
	d.defs = append(d.defs, def)
}

func (d *decoder) address(v value, host *string) {
	s := d.text(v, "address")
	if s == "" {
		return // as left out
	}
	if why := badAddress(s); why != "" {
		d.fail(v.at, "address %q %s", s, why)
	}
	*host = s
}

func (d *decoder) weights(v value, in *Instance) {
	members, _ := d.members(v, "weights")
	d.each(members, weightKeys, "", func(key string, m member) {
		n := d.number(m.val, "weights."+key, 65535)
		if key == "passing" {
			in.Passing = n
		} else {
			in.Warning = n
		}
	})
}
