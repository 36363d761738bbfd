package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	registerEvery = 3 * time.Second // between two looks whether Consul still knows it
	registerRetry = time.Second     // after trouble
	callTimeout   = 2 * time.Second // of one request
)

// A registration is one service instance in one Consul agent. It speaks the
// agent's HTTP API itself, which takes four requests of it.
type registration struct {
	base   string // the agent's URL
	token  string
	body   agentService
	client *http.Client
	log    hclog.Logger

	every, retry time.Duration

	asked bool // Consul may know it
}

// agentService is what the agent registers.
type agentService struct {
	ID, Name, Address string
	Port              int
	Weights           agentWeights
	Check             agentCheck
}

type agentWeights struct{ Passing, Warning int }

// agentCheck is a check that the agent runs.
type agentCheck struct {
	Name, HTTP, Interval, Timeout string

	Status string // until the check has run; Consul's default is critical
}

func newRegistration(o backendOptions, host string, port uint16, log hclog.Logger) *registration {
	health := url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(int(port))), Path: "/health"}
	return &registration{
		base:  strings.TrimRight(o.register, "/"),
		token: o.token,
		body: agentService{
			ID:      o.name,
			Name:    o.service,
			Address: host,
			Port:    int(port),
			Weights: agentWeights{Passing: o.weight, Warning: 1},
			Check: agentCheck{
				Name:     "GET /health",
				HTTP:     health.String(),
				Interval: "2s",
				Timeout:  "1s",
				Status:   "passing",
			},
		},
		client: &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone(), Timeout: callTimeout},
		log:    log,
		every:  registerEvery,
		retry:  registerRetry,
	}
}

func (r *registration) close() { r.client.CloseIdleConnections() }

// keep registers, and again whenever Consul has forgotten it, until ctx ends.
func (r *registration) keep(ctx context.Context) {
	known := false // to Consul, by its last answer
	said := ""     // the trouble last logged
	for {
		var err error
		known, err = r.ensure(ctx, known)
		if ctx.Err() != nil {
			return
		}
		wait, trouble := r.every, ""
		if err != nil {
			wait, trouble = r.retry, err.Error()
			if trouble != said {
				r.log.Warn("registration not sure, trying on", "consul", r.base, "error", err)
			}
		}
		said = trouble
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// ensure registers unless Consul knows the instance already. It reports whether
// Consul does, as far as can be told.
func (r *registration) ensure(ctx context.Context, known bool) (bool, error) {
	if known {
		code, err := r.call(ctx, http.MethodGet, "/v1/agent/service/"+url.PathEscape(r.body.ID), nil)
		if code != http.StatusNotFound {
			return true, err
		}
		r.log.Warn("consul has forgotten the registration", "consul", r.base)
	}
	body, err := json.Marshal(r.body)
	if err != nil {
		return false, err
	}
	r.asked = true
	if _, err := r.call(ctx, http.MethodPut, "/v1/agent/service/register?replace-existing-checks=true", body); err != nil {
		return false, err
	}
	r.log.Info("registered", "consul", r.base, "service", r.body.Name,
		"address", net.JoinHostPort(r.body.Address, strconv.Itoa(r.body.Port)), "weight", r.body.Weights.Passing)
	return true, nil
}

// leave takes the instance out of Consul if it may be there, and reports
// whether that was done.
func (r *registration) leave(ctx context.Context) bool {
	if !r.asked {
		return false
	}
	code, err := r.call(ctx, http.MethodPut, "/v1/agent/service/deregister/"+url.PathEscape(r.body.ID), nil)
	if err != nil && code != http.StatusNotFound {
		r.log.Warn("not deregistered", "consul", r.base, "error", err)
		return false
	}
	r.log.Info("deregistered", "consul", r.base)
	return true
}

// call makes one request to the agent. Any answer but 200 is an error; the code
// is 0 without an answer.
func (r *registration) call(ctx context.Context, method, path string, body []byte) (code int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	if r.token != "" {
		req.Header.Set("X-Consul-Token", r.token)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	const most = 64 << 10 // bytes: above any answer to these requests
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, fmt.Errorf("%s %s: %s: %.200s", method, req.URL.Path, resp.Status, strings.TrimSpace(string(text)))
	}
	return resp.StatusCode, nil
}
