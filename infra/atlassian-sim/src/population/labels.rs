//! The words of the population: names, labels, networks. Domains and addresses are those kept for documentation.

pub(crate) const FIRST: [&str; 40] = [
    "Alice", "Amir", "Anna", "Bela", "Bob", "Carol", "Chen", "Clara", "Daniel", "Dora", "Elif", "Emma", "Erik",
    "Fatima", "Frank", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Kai", "Kofi", "Lena", "Luis", "Mara",
    "Marek", "Mia", "Nadia", "Noah", "Olga", "Omar", "Priya", "Rosa", "Sam", "Tara", "Tom", "Yuki", "Zoe",
];

pub(crate) const LAST: [&str; 40] = [
    "Adams", "Bauer", "Berg", "Brandt", "Costa", "Dahl", "Davis", "Diaz", "Fischer", "Fontaine", "Garcia", "Gupta",
    "Haas", "Hansen", "Ito", "Jensen", "Johnson", "Keller", "Kim", "Kovacs", "Kumar", "Larsen", "Lopez", "Martin",
    "Meyer", "Mueller", "Nguyen", "Novak", "Okafor", "Olsen", "Patel", "Rossi", "Sato", "Schmidt", "Silva", "Svensson",
    "Tanaka", "Varga", "Weber", "Yilmaz",
];

pub(crate) const CONTRACTORS: [&str; 4] =
    ["contractor.example", "agency.example", "vendor.example", "freelance.example"];

pub(crate) const INTEGRATIONS: [&str; 24] = [
    "zapier sync",
    "jenkins nightly",
    "payroll export",
    "slack bridge",
    "terraform",
    "grafana panels",
    "backup job",
    "release notes bot",
    "sonar scanner",
    "servicenow connector",
    "power bi refresh",
    "github actions",
    "datadog events",
    "crm sync",
    "onboarding checklist",
    "time tracking import",
    "renovate",
    "status page updater",
    "test report upload",
    "confluence publisher",
    "invoice export",
    "opsgenie relay",
    "sprint metrics",
    "asset inventory",
];

pub(crate) const QUARTERLY: [&str; 6] = [
    "quarterly audit extract",
    "quarterly access review",
    "board report export",
    "licence true-up",
    "quarter close figures",
    "compliance evidence pull",
];

pub(crate) const PERSONAL: [&str; 10] =
    ["laptop", "cli", "vscode", "scripts", "postman", "desktop", "notebook", "test", "my token", "jira cli"];

pub(crate) const KEYS: [&str; 8] = [
    "siem export",
    "user lifecycle",
    "okta sync",
    "audit pull",
    "terraform admin",
    "offboarding",
    "billing report",
    "admin scripts",
];

pub(crate) const SERVICE: [&str; 8] =
    ["deploy-bot", "reporting", "incident-bot", "migration", "ci", "asset-sync", "helpdesk", "docs-publisher"];

pub(crate) const CLIENTS: [&str; 6] =
    ["Data lake loader", "Provisioning", "Ticket router", "Release automation", "Search crawler", "Metrics"];

pub(crate) const PLACES: [(&str, &str, &str); 8] = [
    ("Germany", "Hesse", "Frankfurt am Main"),
    ("United States", "Texas", "Austin"),
    ("United States", "Virginia", "Ashburn"),
    ("Australia", "New South Wales", "Sydney"),
    ("India", "Karnataka", "Bengaluru"),
    ("Ireland", "Leinster", "Dublin"),
    ("Poland", "Lesser Poland", "Krakow"),
    ("Brazil", "Sao Paulo", "Sao Paulo"),
];

pub(crate) const COMPANIES: [&str; 6] =
    ["Example Corp", "Northwind Example", "Example Logistics", "Example Health", "Sample Bank", "Example Studios"];
