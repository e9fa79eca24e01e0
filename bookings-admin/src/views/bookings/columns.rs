//! The columns a list can have.

/// A column; the client is always there and leads to the booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// When it starts and ends.
    When,
    /// The client's name.
    Client,
    /// Their e-mail address.
    Email,
    /// Their phone number.
    Phone,
    /// The service.
    Service,
    /// The provider.
    Provider,
    /// The tenant, with tenancy.
    Tenant,
    /// How many people.
    Party,
    /// The service's price as it was booked.
    Price,
    /// When it was booked.
    Created,
    /// Its status.
    Status,
    /// Its reference.
    Reference,
}

impl Column {
    /// All of them, in the order they stand in.
    pub const ALL: [Self; 12] = [
        Self::When,
        Self::Client,
        Self::Email,
        Self::Phone,
        Self::Service,
        Self::Provider,
        Self::Tenant,
        Self::Party,
        Self::Price,
        Self::Created,
        Self::Status,
        Self::Reference,
    ];

    /// Name in a query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::When => "when",
            Self::Client => "client",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Service => "service",
            Self::Provider => "provider",
            Self::Tenant => "tenant",
            Self::Party => "party",
            Self::Price => "price",
            Self::Created => "created",
            Self::Status => "status",
            Self::Reference => "reference",
        }
    }

    /// Visible text.
    pub const fn label(self) -> &'static str {
        match self {
            Self::When => "When",
            Self::Client => "Client",
            Self::Email => "E-mail",
            Self::Phone => "Phone",
            Self::Service => "Service",
            Self::Provider => "Provider",
            Self::Tenant => "Tenant",
            Self::Party => "People",
            Self::Price => "Price",
            Self::Created => "Booked",
            Self::Status => "Status",
            Self::Reference => "Reference",
        }
    }

    /// The column of that name in a query.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Those there are at all.
    pub fn offered(tenancy: bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |column| tenancy || *column != Self::Tenant)
    }

    /// Those of a list for which nothing else was chosen.
    pub fn usual(tenancy: bool) -> Vec<Self> {
        let more = [Self::Email, Self::Phone, Self::Party, Self::Price, Self::Created];
        Self::offered(tenancy).filter(|column| !more.contains(column)).collect()
    }

    /// The usual ones, or those of `names`; in their order, the client always among them.
    pub fn chosen<'a>(names: impl Iterator<Item = &'a str>, tenancy: bool) -> Vec<Self> {
        let wanted: Vec<Self> = names.filter_map(Self::parse).collect();
        if wanted.is_empty() {
            return Self::usual(tenancy);
        }
        Self::offered(tenancy).filter(|column| *column == Self::Client || wanted.contains(column)).collect()
    }

    /// What the list can be sorted by through it, and whether both ways.
    pub const fn sort(self) -> Option<(&'static str, bool)> {
        match self {
            Self::When => Some(("start_at", true)),
            Self::Client => Some(("client_name", false)),
            Self::Created => Some(("created_at", true)),
            Self::Reference => Some(("reference", false)),
            _ => None,
        }
    }
}
