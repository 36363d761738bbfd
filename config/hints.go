package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
)

// The summaries of HCL that we know something to add to. Golden files pin them.
const (
	wrongType    = "Unsuitable value type"
	unknownKey   = "Unsupported argument"
	unknownBlock = "Unsupported block type"
	bareWord     = "Variables not allowed"
	openQuote    = "Invalid multi-line string"
	noLabel      = "Missing name for "
	extraLabel   = "Extraneous label for "
)

// hint adds to what HCL says about a key, value or block what would be right.
func hint(d *hcl.Diagnostic, file *hcl.File) {
	attr := file.AttributeAtPos(d.Subject.Start)
	word := string(d.Subject.SliceBytes(file.Bytes))
	switch {
	case d.Summary == unknownKey || d.Summary == unknownBlock:
		if !strings.Contains(d.Detail, "Did you mean") {
			d.Detail += hintUnknown(blockAround(d, file), word)
		}
	case d.Summary == bareWord && attr != nil && attr.Expr.Range() != *d.Subject:
		d.Detail = fmt.Sprintf("There are no variables here but those of the environment, written as env(%q).", word)
	case d.Summary == bareWord && attr != nil:
		d.Detail = "A word without quotes is a variable, and there are none. Text stands in quotes" + example(attr.Name, word)
	case d.Summary == wrongType && attr != nil:
		d.Summary = "Invalid " + attr.Name
		d.Detail = wanted(attr.Name)
	case strings.HasPrefix(d.Summary, noLabel):
		kind := strings.TrimPrefix(d.Summary, noLabel)
		d.Detail = fmt.Sprintf("A %s has a name, in quotes before the brace: %s \"web\" { ... }.", kind, kind)
	case strings.HasPrefix(d.Summary, extraLabel):
		kind := strings.TrimPrefix(d.Summary, extraLabel)
		if kind == "service" || kind == "listener" {
			d.Detail = fmt.Sprintf("A %s has one name: %s \"web\" { ... }.", kind, kind)
		} else {
			d.Detail = fmt.Sprintf("A %s block has no name. Write %s { ... }.", kind, kind)
		}
	}
}

// wanted says what type a key takes.
func wanted(key string) string {
	switch key {
	case "tags":
		return `tags is a list of texts, such as ["blue", "v2"].`
	case "failover":
		return `failover is a list of datacenters, such as ["dc2", "dc3"].`
	case "insecure_skip_verify":
		return key + " is true or false, without quotes."
	case "retries", "panic_threshold", "port", "rise", "fall",
		"max_connections", "max_connections_per_client", "max_connections_per_instance":
		return key + " is a whole number."
	}
	return key + " is one text in quotes."
}

// blockAround is the type of the block that an unknown key or block stands in,
// empty at the top of the file.
func blockAround(d *hcl.Diagnostic, file *hcl.File) string {
	blocks := file.BlocksAtPos(d.Subject.Start)
	if d.Summary == unknownBlock {
		blocks = blocks[:max(len(blocks)-1, 0)] // the last is the unknown one itself
	}
	if len(blocks) == 0 {
		return ""
	}
	return blocks[len(blocks)-1].Type
}

// hintUnknown says where a word that is unknown in a block of type around
// belongs, or else what is known there.
func hintUnknown(around, word string) string {
	kinds := map[string]any{
		"": &rawConfig{}, "log": &rawLog{}, "consul": &rawConsul{}, "tls": &rawTLS{}, "files": &rawFiles{},
		"process": &rawProcess{}, "service": &rawService{}, "heartbeat": &rawHeartbeat{}, "listener": &rawListener{},
	}
	var homes []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		keys, blocks := known(kinds[kind])
		switch {
		case !slices.Contains(keys, word) && !slices.Contains(blocks, word):
		case kind == "":
			return " It stands at the top of the file, outside of every other block."
		default:
			homes = append(homes, kind)
		}
	}
	if len(homes) > 0 {
		return fmt.Sprintf(" It belongs in a %s block.", strings.Join(homes, " or "))
	}
	if kinds[around] == nil {
		return ""
	}
	keys, blocks := known(kinds[around])
	parts := slices.DeleteFunc([]string{strings.Join(keys, ", "), strings.Join(blocks, " {}, ") + " {}"},
		func(part string) bool { return strings.Trim(part, " {}") == "" })
	return fmt.Sprintf(" Known here: %s.", strings.Join(parts, ", "))
}

// known lists the keys and blocks of a raw type.
func known(raw any) (keys, blocks []string) {
	schema, _ := gohcl.ImpliedBodySchema(raw)
	for _, a := range schema.Attributes {
		keys = append(keys, a.Name)
	}
	for _, b := range schema.Blocks {
		blocks = append(blocks, b.Type)
	}
	return keys, blocks
}
