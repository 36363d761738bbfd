package scripted

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/hashicorp/consul/api"
)

// A reply is an answer before it is sent: the true one at first, then what faults make of it, one
// after the other.
type reply struct {
	consul  *Consul
	query   query
	index   uint64              // 0: of no service
	entries []*api.ServiceEntry // what the body is made of
	code    int
	header  http.Header
	body    []byte // once it has been asked for, or replaced
	// deliver sends it in another way than usual.
	deliver func(http.ResponseWriter, *http.Request)
}

const (
	indexHeader    = "X-Consul-Index"
	filteredHeader = "X-Consul-Results-Filtered-By-Acls"
)

// truth is what a Consul in good health answers. The caller holds mu.
func (c *Consul) truth(q query) *reply {
	rep := &reply{consul: c, query: q, code: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	if q.kind == Pulse {
		rep.body = []byte(`"127.0.0.1:8300"`)
		return rep
	}
	rep.entries = c.entries(q.service)
	rep.index = 1
	if s := c.services[q.service]; s != nil {
		rep.index = s.index // of one that lost its last instance too: no other service of ours is extinct later
	}
	rep.setIndex(rep.index)
	rep.header.Set("X-Consul-LastContact", "0")
	backend, consistency := "blocking-query", "stale"
	switch q.kind {
	case Poll:
		backend = "streaming"
	case Proof:
		consistency = "consistent"
	}
	rep.header.Set("X-Consul-KnownLeader", strconv.FormatBool(q.kind != Poll)) // the agent's stream doesn't know
	rep.header.Set("X-Consul-Query-Backend", backend)
	rep.header.Set("X-Consul-Effective-Consistency", consistency)
	return rep
}

// setIndex says that the answer is at that index. A pulse has none.
func (r *reply) setIndex(index uint64) {
	if r.query.kind != Pulse {
		r.header.Set(indexHeader, strconv.FormatUint(index, 10))
	}
}

// text is the body.
func (r *reply) text() []byte {
	if r.body == nil {
		var err error
		if r.body, err = json.Marshal(r.entries); err != nil {
			panic(err) // the entries are our own
		}
	}
	return r.body
}

func (r *reply) send(w http.ResponseWriter, req *http.Request) {
	if r.deliver != nil {
		r.deliver(w, req)
		return
	}
	r.sendHead(w)
	w.Write(r.text())
}

func (r *reply) sendHead(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.code)
}
