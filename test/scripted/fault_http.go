package scripted

import (
	"net/http"
	"strings"
)

// Faults of the status, with bodies as Consul, proxies and load balancers send them.
var (
	TooMany = status("429", http.StatusTooManyRequests, "Your IP is issuing too many concurrent connections, please rate limit your calls\n")

	Unavailable = status("503", http.StatusServiceUnavailable, "rpc error making call: No cluster leader\n")

	BadGateway = page("502 with HTML", http.StatusBadGateway)

	ServerError = page("500 with HTML", http.StatusInternalServerError)

	LoginPage = page("200 with HTML", http.StatusOK)

	Forbidden = status("403", http.StatusForbidden, "Permission denied: token lacks permission 'service:read'")

	NotFound = status("404", http.StatusNotFound, "404 page not found\n")

	// RedirectToItself asks to ask the same again, for ever.
	RedirectToItself = Fault{Name: "301 to itself", spoil: func(r *reply, _ *begun) {
		r.deliver = func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, req.URL.String(), http.StatusMovedPermanently)
		}
	}}

	RedirectLoop = redirect("307 in a loop", http.StatusTemporaryRedirect, func(string) string { return loopPath })
)

const loopPath = "/loop"

// RedirectTo sends to another server, which may have answers of its own.
func RedirectTo(host string) Fault {
	return redirect("307 to elsewhere", http.StatusTemporaryRedirect, func(uri string) string { return "http://" + host + uri })
}

func redirect(name string, code int, location func(uri string) string) Fault {
	return Fault{Name: name, spoil: func(r *reply, _ *begun) {
		r.deliver = func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, location(req.URL.RequestURI()), code)
		}
	}}
}

func status(name string, code int, text string) Fault {
	return Fault{Name: name, spoil: func(r *reply, _ *begun) {
		r.code, r.header, r.body = code, http.Header{"Content-Type": {"text/plain"}}, []byte(text)
	}}
}

// page is longer than anybody wants to see in a log.
func page(name string, code int) Fault {
	html := "<!DOCTYPE html><html><body><h1>" + http.StatusText(code) + "</h1>" + strings.Repeat("<p>Please try again later.</p>", 1000) + "</body></html>"
	return Fault{Name: name, spoil: func(r *reply, _ *begun) {
		r.code, r.header, r.body = code, http.Header{"Content-Type": {"text/html"}}, []byte(html)
	}}
}
