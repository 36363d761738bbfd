package scripted

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// look asks once and tells in a line what came: "200 12 [a b]", the index left out where there is
// none, what is no list as it is, the end of a connection as "error".
func look(t *testing.T, c *Consul, uri string) string {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport:     transport,
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Get("http://" + c.HTTP() + uri)
	if err != nil {
		return "error"
	}
	defer resp.Body.Close()
	said := fmt.Sprint(resp.StatusCode)
	if index := resp.Header.Get("X-Consul-Index"); index != "" {
		said += " " + index
	}
	if location := resp.Header.Get("Location"); location != "" {
		return said + " to " + location
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	more, moreErr := io.Copy(io.Discard, resp.Body)
	switch {
	case err != nil || moreErr != nil:
		return said + " error"
	case len(text)+int(more) >= HugeSize:
		return said + " huge"
	}
	return said + " " + gist(text)
}

// gist is the IDs in a list of instances, or the beginning of what is none.
func gist(text []byte) string {
	var list []*api.ServiceEntry
	if json.Unmarshal(text, &list) != nil {
		s := strings.TrimSpace(string(text))
		return s[:min(30, len(s))]
	}
	if list == nil {
		return "null"
	}
	ids := []string{}
	for _, e := range list {
		if e == nil || e.Service == nil {
			ids = append(ids, "none")
			continue
		}
		ids = append(ids, e.Service.ID)
	}
	return fmt.Sprint(ids)
}

const (
	load  = "/v1/health/service/web?stale"
	proof = "/v1/health/service/web?consistent"
	pulse = "/v1/status/leader"
)

func poll(index int, wait string) string {
	return fmt.Sprintf("%s&index=%d&wait=%s", load, index, wait)
}

// startWith serves "web" with those instances.
func startWith(t *testing.T, ids ...string) *Consul {
	c := Start(t)
	for i, id := range ids {
		c.Register("web", Instance{ID: id, Host: "127.0.0.2", Port: 7000 + i})
	}
	return c
}
