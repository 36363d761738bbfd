package discovery

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/hashicorp/consul/api"
)

// read takes the entry from the text; what is the same in like shares its memory. Names
// must match to the letter, as Consul writes them. Where wan is set, a node's or a service's
// address is the one for other datacenters, if it has one.
func (e *entry) read(j *jsonText, wan bool, like *entry) {
	all := noChecks()
	for more := j.open('{', '}'); more; more = j.more('}') {
		switch string(j.name()) {
		case "Node":
			e.readNode(j, wan, like)
		case "Service":
			e.readService(j, wan, like)
		case "Checks":
			all = readChecks(j)
		default:
			j.skip()
		}
	}
	e.status = all.status()
}

func (e *entry) readNode(j *jsonText, wan bool, like *entry) {
	address := ""
	for more := j.open('{', '}'); more; more = j.more('}') {
		switch string(j.name()) {
		case "Node":
			e.Node = j.string(like.Node)
		case "Address":
			e.nodeAddress = j.string(like.nodeAddress)
		case "Datacenter":
			e.Datacenter = j.string(like.Datacenter)
		case "TaggedAddresses":
			readWAN(j, wan, func() { address = j.string(like.nodeAddress) })
		default:
			j.skip()
		}
	}
	e.nodeAddress = cmp.Or(address, e.nodeAddress)
}

func (e *entry) readService(j *jsonText, wan bool, like *entry) {
	address, port := "", 0
	for more := j.open('{', '}'); more; more = j.more('}') {
		switch string(j.name()) {
		case "Kind":
			e.kind = j.string(like.kind)
		case "ID":
			e.Service = j.string(like.Service)
		case "Service":
			e.name = j.string(like.name)
		case "Address":
			e.address = j.string(like.address)
		case "Namespace":
			e.Namespace = j.string(like.Namespace)
		case "Partition":
			e.Partition = j.string(like.Partition)
		case "Tags":
			e.tags = readTags(j, like.tags)
		case "Port":
			e.port = j.int()
		case "TaggedAddresses":
			readWAN(j, wan, func() { address, port = readAddress(j, like.address) })
		case "Weights":
			for more := j.open('{', '}'); more; more = j.more('}') {
				switch string(j.name()) {
				case "Passing":
					e.passing = j.int()
				case "Warning":
					e.warning = j.int()
				default:
					j.skip()
				}
			}
		default:
			j.skip()
		}
	}
	if address != "" {
		e.address, e.port = address, cmp.Or(port, e.port)
	}
}

// readWAN has read take the wan address of tagged ones; without wan it passes over them all.
func readWAN(j *jsonText, wan bool, read func()) {
	if !wan {
		j.skip()
		return
	}
	for more := j.open('{', '}'); more; more = j.more('}') {
		if string(j.name()) == "wan" {
			read()
		} else {
			j.skip()
		}
	}
}

func readAddress(j *jsonText, like string) (address string, port int) {
	for more := j.open('{', '}'); more; more = j.more('}') {
		switch string(j.name()) {
		case "Address":
			address = j.string(like)
		case "Port":
			port = j.int()
		default:
			j.skip()
		}
	}
	return address, port
}

// readTags returns known itself if the tags are those.
func readTags(j *jsonText, known []string) []string {
	var tags []string
	same := 0 // as known, so far
	for more := j.open('[', ']'); more; more = j.more(']') {
		like := ""
		if same < len(known) {
			like = known[same]
		}
		tag := j.string(like)
		if tags == nil && same < len(known) && tag == like {
			same++
			continue
		}
		if tags == nil {
			tags = slices.Clone(known[:same])
		}
		tags = append(tags, tag)
	}
	if tags == nil {
		return known[:same]
	}
	return tags
}

// allChecks is what the checks of an instance and of its node come to.
type allChecks struct {
	worst                Status
	unknown, maintenance bool
}

func noChecks() allChecks { return allChecks{worst: Passing} }

func readChecks(j *jsonText) allChecks {
	all := noChecks()
	for more := j.open('[', ']'); more; more = j.more(']') {
		maintenance, status := false, Unknown
		for more := j.open('{', '}'); more; more = j.more('}') {
			switch string(j.name()) {
			case "CheckID":
				id := j.bytes()
				maintenance = string(id) == api.NodeMaint || bytes.HasPrefix(id, []byte(api.ServiceMaintPrefix))
			case "Status":
				status = checkStatus(j.bytes())
			default:
				j.skip()
			}
		}
		all.add(maintenance, status)
	}
	return all
}

func checkStatus(s []byte) Status {
	switch string(s) {
	case api.HealthPassing:
		return Passing
	case api.HealthWarning:
		return Warning
	case api.HealthCritical:
		return Critical
	}
	return Unknown
}

func (c *allChecks) add(maintenance bool, status Status) {
	c.maintenance = c.maintenance || maintenance
	c.unknown = c.unknown || status == Unknown
	c.worst = max(c.worst, status)
}

// status is maintenance, then critical, unknown, warning, passing. No checks pass.
// Consul's api puts unknown first; but no other check can better a critical one.
func (c allChecks) status() Status {
	switch {
	case c.maintenance:
		return Maintenance
	case c.unknown && c.worst != Critical:
		return Unknown
	}
	return c.worst
}
