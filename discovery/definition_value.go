package discovery

import (
	"math/big"
	"net/netip"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Values are not converted, just as Consul doesn't: a port "80" registers nowhere.

// text decodes a string. The word what names it in messages.
func (d *decoder) text(v value, what string) string {
	val, ok := d.plain(v, cty.String, what, "a string")
	if !ok {
		return ""
	}
	return val.AsString()
}

// number decodes a whole number from 0 to limit.
func (d *decoder) number(v value, what string, limit int64) int {
	val, ok := d.plain(v, cty.Number, what, "a whole number")
	if !ok {
		return 0
	}
	n := val.AsBigFloat()
	i, accuracy := n.Int64()
	if accuracy != big.Exact || i < 0 || i > limit {
		d.fail(v.at, "%s must be a whole number from 0 to %d, not %s", what, limit, n.Text('g', 10))
		return 0
	}
	return int(i)
}

func (d *decoder) plain(v value, t cty.Type, what, want string) (cty.Value, bool) {
	if v.body != nil {
		d.fail(v.at, "%s must be %s, not a block", what, want)
		return cty.NilVal, false
	}
	val, diags := v.expr.Value(nil)
	if diags.HasErrors() || val.IsNull() || val.Type() != t {
		d.fail(v.at, "%s must be %s, not %s", what, want, kindOf(v.expr))
		return cty.NilVal, false
	}
	return val, true
}

func (d *decoder) texts(m member) []string {
	elements, _ := d.elements(m)
	var list []string
	for _, e := range elements {
		list = append(list, d.text(e, "each of "+m.key))
	}
	return list
}

func (d *decoder) textMap(m member) map[string]string {
	members, _ := d.members(m.val, m.key)
	kv := make(map[string]string, len(members))
	for _, e := range members {
		if _, twice := kv[e.key]; twice {
			d.fail(e.at, "%s has %q twice", m.key, e.key)
		}
		kv[e.key] = d.text(e.val, m.key+"."+e.key)
	}
	return kv
}

// badAddress says why s can't be connected to; "" if it may be. Whether a host
// name exists is the resolver's question.
func badAddress(s string) string {
	if ip, err := netip.ParseAddr(s); err == nil {
		if ip.IsUnspecified() || ip.IsMulticast() {
			return "can't be connected to"
		}
		return ""
	}
	switch {
	case strings.Contains(s, "://"):
		return "is a URL; give the host alone"
	case strings.HasPrefix(s, "["):
		return "has brackets; give the IPv6 address alone"
	case strings.Contains(s, ":"):
		return "has a port; give that by the key port"
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "is no IP address"
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notHostRune) {
			return "is neither an IP address nor a host name"
		}
	}
	return ""
}

func notHostRune(r rune) bool {
	return !(r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
}
