// Scalar's reference of openapi.json, without what would call other servers.
fetch("openapi.json").then(async (answer) => {
  const content = await answer.json();
  // Behind a proxy, the API may begin at /api.
  content.servers = [{ url: new URL(".", document.baseURI).href.replace(/\/$/, "") }];
  Scalar.createApiReference("#api", {
    content,
    layout: "modern",
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
    persistAuth: false,
    defaultOpenFirstTag: false,
    operationTitleSource: "summary",
    authentication: { preferredSecurityScheme: "cookie" },
    customCss: ":root { --scalar-custom-header-height: 3rem }",
    onLoaded: () => { document.body.dataset.ready = "yes"; },
  });
});
