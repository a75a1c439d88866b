package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
)

// counter is the number of requests by "verb resource", and what it needs to be asked for them.
type counter struct {
	sync.Mutex
	seen map[string]int
}

func (c *counter) add(request *http.Request) {
	c.Lock()
	defer c.Unlock()
	c.seen[name(request)]++
}

// taken answers with the counts so far, and begins anew.
func (c *counter) taken(answer http.ResponseWriter, _ *http.Request) {
	c.Lock()
	defer c.Unlock()
	json.NewEncoder(answer).Encode(c.seen)
	c.seen = map[string]int{}
}

func count(args []string) error {
	flags := flag.NewFlagSet("count", flag.ExitOnError)
	upstream := flags.String("upstream", "", "the API server's URL")
	folder := flags.String("certificates", "", "folder with server.crt and server.key")
	flags.Parse(args)
	target, err := url.Parse(*upstream)
	if err != nil {
		return err
	}
	authority, err := os.ReadFile(*folder + "/server.crt")
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	seen := &counter{seen: map[string]int{}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1                    // a watch's events at once
	proxy.ErrorLog = log.New(io.Discard, "", 0) // clients that leave
	proxy.Transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 256, DisableCompression: true,
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(front.Addr().(*net.TCPAddr).Port, control.Addr().(*net.TCPAddr).Port)
	go orphaned()
	go http.Serve(control, http.HandlerFunc(seen.taken))
	server := http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen.add(r); proxy.ServeHTTP(w, r) }),
		ErrorLog: proxy.ErrorLog,
	}
	return server.ServeTLS(front, *folder+"/server.crt", *folder+"/server.key")
}

// name is the API server's own verb and the resource, or "discovery" for what names no resource.
func name(request *http.Request) string {
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	skipped := map[string]int{"api": 2, "apis": 3}[parts[0]]
	if skipped == 0 || len(parts) <= skipped {
		return "discovery"
	}
	parts = parts[skipped:]
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	query := request.URL.Query()
	verbs := map[string]string{"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "list"}
	verb := verbs[request.Method]
	switch {
	case verb == "list" && query.Has("watch"):
		verb = "watch"
	case verb == "list" && len(parts) > 1:
		verb = "get"
	case query.Has("dryRun"):
		verb = "dry-run"
	}
	return verb + " " + parts[0]
}
